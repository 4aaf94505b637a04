-- An event is slipped in under a transaction number that is yet to come, so that no seal takes it.
-- sv: En händelse smugglas in under ett transaktionsnummer som ännu inte finns, så att inget sigill tar den.
-- verify: extra_event
select gameday.open();
select gameday.insert_event(
  like_event => gameday.victim(),
  given => jsonb_build_object('transaction_id', gameday.own_transaction_id() + 1000000, 'recorded_at', clock_timestamp()));
select gameday.close();
