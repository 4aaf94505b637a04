-- The sealer is kept from running for an hour, while events come in.
-- sv: Förseglaren hindras från att köra i en timme, medan händelser kommer in.
-- verify: unsealed
-- doctor: events_sealed
select gameday.open();
select gameday.insert_event(
  like_event => gameday.victim(),
  given => jsonb_build_object(
    'transaction_id', gameday.own_transaction_id(),
    'occurred_at', now() - interval '61 minutes', 'recorded_at', now() - interval '61 minutes'));
update audit_private.sealing set sealed_at = now() - interval '62 minutes';
select gameday.close();
