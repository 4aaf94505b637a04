-- The cut-off in a receipt of a purge is moved.
-- sv: Gränsen i ett kvitto på en gallring flyttas.
-- verify: early_purge
-- each: cutoff = r.cutoff + interval '1 day'
-- each: cutoff = r.oldest_removed_at
-- each: cutoff = null
select gameday.open();
update audit_private.purge_receipt r set {each}
where r.removed > 0 and r.tenant_id = (select t.tenant_id from gameday.target(name => 'kept') t);
select gameday.close();
