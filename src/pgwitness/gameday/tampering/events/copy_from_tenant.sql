-- Another tenant's event is copied into the log, under its own transaction number.
-- sv: En annan organisations händelse kopieras in i loggen, under sitt eget transaktionsnummer.
-- verify: extra_event
select gameday.open();
select gameday.insert_event(
  like_event => gameday.victim(name => 'other'),
  given => jsonb_build_object('tenant_id', (gameday.victim()).tenant_id));
select gameday.close();
