-- An event is slipped in by somebody who knows the format, and everything made anew around it.
-- sv: En händelse smugglas in av någon som kan formatet, och allt görs om runt den.
-- checkpoint: rewritten
-- evidence: unproven
select gameday.open();
update audit_private.seal_part p
set times = p.times[:t.place] || t.occurred_at || p.times[t.place + 1:],
  ids = p.ids[:t.place] || n.id || p.ids[t.place + 1:],
  leaves = substr(p.leaves, 1, t.place::integer * 32) || decode(repeat('00', 32), 'hex') || substr(p.leaves, t.place::integer * 32 + 1)
from gameday.target t
cross join lateral gameday.insert_event(like_event => gameday.victim(), given => '{"description": "Anna approved it"}') as n (id)
where t.name = 'kept' and p.tenant_id = t.tenant_id and p.seal_number = t.seal_number and p.part = t.part;
select gameday.reseal();
select gameday.close();
