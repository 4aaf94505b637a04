-- A receipt of a purge is deleted.
-- sv: Ett kvitto på en gallring tas bort.
-- verify: unexplained_purge
select gameday.open();
delete from audit_private.purge_receipt r
where r.removed > 0 and r.tenant_id = (select t.tenant_id from gameday.target(name => 'kept') t);
select gameday.close();
