-- A legal hold is put there that nobody placed.
-- sv: Ett gallringsstopp läggs dit som ingen har lagt.
-- verify: dangling_hold
select gameday.open();
insert into audit_private.legal_hold (tenant_id, name, filter, from_time, until_time, reason, placed_by)
select t.tenant_id, 'Case 4713', '{}', '-infinity', 'infinity', 'Asked for by the court', 'admin' from gameday.target(name => 'kept') t;
select gameday.close();
