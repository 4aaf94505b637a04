-- Events are passed off as purged, with a receipt, and with an event that tells of it.
-- sv: Händelser görs till gallrade, med ett kvitto och en händelse som berättar om det.
-- verify: early_purge
select gameday.open();
select gameday.forge_purge(cutoff => now() - interval '365 days');
select gameday.close();
