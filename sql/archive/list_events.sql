-- Every event of every tenant, oldest first, one JSON object a row.
select to_jsonb(event)::text as line
from audit_private.event
order by event.occurred_at, event.tenant_id, event.id
