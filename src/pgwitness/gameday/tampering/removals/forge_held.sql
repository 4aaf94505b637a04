-- A held event that has expired is passed off as purged, with a receipt, and with an event that tells of it.
-- sv: En stoppad händelse som har förfallit görs till gallrad, med ett kvitto och en händelse som berättar om det.
select gameday.open();
update audit_private.legal_hold set released_at = now() where name = 'Case 4711';
select gameday.purge();
update audit_private.legal_hold set released_at = null where name = 'Case 4711';
select gameday.close();
