-- Events are passed off as purged, with a receipt whose cut-off fits them.
-- sv: Händelser görs till gallrade, med ett kvitto vars gräns passar dem.
-- verify: early_purge
select gameday.open();
select gameday.forge_purge(cutoff => now() - interval '1 day');
select gameday.close();
