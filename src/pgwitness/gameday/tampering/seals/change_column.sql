-- One column of a seal is changed, and nothing else.
-- sv: En kolumn i ett sigill ändras, och inget annat.
-- verify: broken_chain
-- evidence: unproven
-- each: sealed_at = s.sealed_at + interval '1 second'
-- each: snapshot = '1:1:'
-- each: event_count = s.event_count + 1
-- each: running_count = s.running_count + 1
-- each: first_at = s.first_at - interval '1 minute'
-- each: last_at = s.last_at + interval '1 minute'
-- each: events_root = sha256('x')
-- each: previous = sha256('x')
-- each: epoch = 7
select gameday.open();
update audit_private.seal s set {each}
from gameday.target t
where t.name = 'kept' and s.tenant_id = t.tenant_id and s.seal_number = t.seal_number;
select gameday.close();
