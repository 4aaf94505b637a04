-- A sealed event is deleted.
-- sv: En förseglad händelse tas bort.
-- verify: missing_event
-- evidence: unproven
select gameday.open();
delete from audit_private.event where (tenant_id, occurred_at, id) = (select v.tenant_id, v.occurred_at, v.id from gameday.target(name => 'kept') v);
select gameday.close();
