-- Events are passed off as removed by a purge that really ran, and removed none of them.
-- sv: Händelser görs till borttagna av en gallring som verkligen kördes, men inte tog någon av dem.
-- verify: early_purge unexplained_purge
select gameday.open();
select gameday.forge_removal(tenant => t.tenant_id, seal => t.seal_number, run => (select r.run_id from audit_private.purge_receipt r where r.tenant_id = t.tenant_id and r.removed = 0 limit 1))
from gameday.target(name => 'imported') t;
select gameday.close();
