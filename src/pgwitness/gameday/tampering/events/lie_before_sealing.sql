-- An event is rewritten in the minute before it is sealed.
-- sv: En händelse skrivs om under minuten innan den förseglas.
-- copy: current
select gameday.open();
select gameday.insert_event(
  like_event => gameday.victim(),
  given => jsonb_build_object(
    'transaction_id', gameday.own_transaction_id(), 'occurred_at', clock_timestamp(), 'recorded_at', clock_timestamp()));
update audit_private.event e set description = 'Nothing happened' where e.transaction_id = gameday.own_transaction_id();
select gameday.close();
commit;
call audit.seal_events();
begin;
select gameday.open();
select gameday.close();
