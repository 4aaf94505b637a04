-- An event is changed, and with it the list of its seal and the root of that.
-- sv: En händelse ändras, och med den sigillets lista och listans rot.
-- verify: broken_chain
-- evidence: unproven
select gameday.open();
update audit_private.event set description = 'Nothing happened'
where (tenant_id, occurred_at, id) = (select v.tenant_id, v.occurred_at, v.id from gameday.target(name => 'kept') v);
update audit_private.seal_part p
set leaves = overlay(p.leaves placing audit_private.leaf_of_event(gameday.victim()) from (t.place * 32 - 31)::integer for 32)
from gameday.target t
where t.name = 'kept' and p.tenant_id = t.tenant_id and p.seal_number = t.seal_number and p.part = t.part;
update audit_private.seal_part p set root = audit_private.merkle_root(p.leaves)
from gameday.target t
where t.name = 'kept' and p.tenant_id = t.tenant_id and p.seal_number = t.seal_number and p.part = t.part;
select gameday.close();
