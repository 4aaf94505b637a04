-- A receipt of a purge is changed.
-- sv: Ett kvitto på en gallring ändras.
-- verify: unexplained_purge
-- each: removed = r.removed + 1
-- each: removed = 0
-- each: removed = 0, newest_removed_at = null
select gameday.open();
update audit_private.purge_receipt r set {each}
where r.removed > 0 and r.tenant_id = (select t.tenant_id from gameday.target(name => 'kept') t);
select gameday.close();
