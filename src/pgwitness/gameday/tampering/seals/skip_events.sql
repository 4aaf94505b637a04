-- The sealer is told that it has seen what it has not, so that an event is never sealed.
-- sv: Förseglaren får veta att den har sett vad den inte har sett, så att en händelse aldrig förseglas.
-- verify: extra_event
select gameday.open();
select gameday.insert_event(
  like_event => gameday.victim(),
  given => jsonb_build_object(
    'transaction_id', gameday.own_transaction_id(), 'occurred_at', clock_timestamp(), 'recorded_at', clock_timestamp()));
update audit_private.sealing set snapshot_xmin = snapshot_xmin + 1000000, snapshot_xmax = snapshot_xmax + 1000000;
select gameday.close();
