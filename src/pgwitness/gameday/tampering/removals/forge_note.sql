-- A seal and its events are passed off as purged: noted as removed by a run that never was.
-- sv: Ett sigills händelser görs till gallrade: antecknade som borttagna av en körning som aldrig fanns.
-- verify: unexplained_purge
select gameday.open();
select gameday.forge_removal(tenant => t.tenant_id, seal => t.seal_number, run => gen_random_uuid())
from gameday.target(name => 'imported') t;
select gameday.close();
