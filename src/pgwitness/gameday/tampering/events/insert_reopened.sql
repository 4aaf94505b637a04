-- An event of last week is written today under a transaction number of then that no event has, and the sealer is told
-- that it was still under way.
-- sv: En händelse från förra veckan skrivs i dag under ett ledigt transaktionsnummer från då, och förseglaren får veta att det fortfarande pågick.
-- verify: extra_event
-- copy: current
select gameday.open();
update audit_private.sealing
set snapshot_xips = array[(
  select n from generate_series((gameday.victim()).transaction_id - 1, 1, -1) as n
  where not exists (select from audit_private.event e where e.transaction_id = n)
  limit 1
)];
select gameday.insert_event(
  like_event => gameday.victim(),
  given => jsonb_build_object('transaction_id', s.snapshot_xips[1], 'description', 'Anna approved it'))
from audit_private.sealing s;
select gameday.close();
commit;
call audit.seal_events();
begin;
select gameday.open();
select gameday.close();
