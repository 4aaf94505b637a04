-- Two events trade what they tell.
-- sv: Två händelser byter innehåll med varandra.
-- verify: changed_event
-- evidence: unproven
select gameday.open();
update audit_private.event e
set description = o.description, actor = o.actor, target = o.target, changes = o.changes, metadata = o.metadata,
  error_message = o.error_message, salt = o.salt
from gameday.target a, gameday.target b, audit_private.event o
where a.name in ('kept', 'second') and b.name in ('kept', 'second') and a.name <> b.name
  and (e.tenant_id, e.occurred_at, e.id) = (a.tenant_id, a.occurred_at, a.id)
  and (o.tenant_id, o.occurred_at, o.id) = (b.tenant_id, b.occurred_at, b.id);
select gameday.close();
