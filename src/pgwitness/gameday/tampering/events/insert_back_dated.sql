-- An event of last week is written today, and sealed as today's.
-- sv: En händelse från förra veckan skrivs i dag och förseglas som dagens.
-- verify: extra_event
-- copy: current
select gameday.open();
select gameday.insert_event(
  like_event => gameday.victim(),
  given => jsonb_build_object(
    'transaction_id', gameday.own_transaction_id(),
    'occurred_at', now() - interval '7 days', 'recorded_at', now() - interval '7 days'));
select gameday.close();
commit;
call audit.seal_events();
begin;
select gameday.open();
select gameday.close();
