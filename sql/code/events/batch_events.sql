-- How a batch's JSON becomes columns. Without a SET clause, so that it inlines; the index is the place in
-- the array, from 0.
create or replace function audit_private.batch_events(events jsonb)
returns table (
  action text,
  entity_type text,
  entity_id text,
  description text,
  metadata jsonb,
  target jsonb,
  changes jsonb,
  outcome text,
  error_message text,
  occurred_at timestamptz,
  idempotency_key text,
  actor_id text,
  actor_type text,
  actor jsonb,
  ip inet,
  user_agent text,
  request_id text,
  id uuid,
  index bigint
)
language sql
stable
parallel safe
as $$
  select
    e.action, e.entity_type, e.entity_id, e.description, nullif(e.metadata, 'null'),
    case
      when e.target <> 'null'
        then nullif(e.target, pg_catalog.jsonb_build_object('type', e.entity_type, 'id', e.entity_id))
    end,
    nullif(e.changes, 'null'), coalesce(e.outcome, 'success'), e.error_message, e.occurred_at,
    e.idempotency_key, e.actor_id, e.actor_type, nullif(e.actor, 'null'), e.ip, e.user_agent, e.request_id,
    e.id, e.index - 1
  from rows from (
    pg_catalog.jsonb_to_recordset(events) as (
      action text,
      entity_type text,
      entity_id text,
      description text,
      metadata jsonb,
      target jsonb,
      changes jsonb,
      outcome text,
      error_message text,
      occurred_at timestamptz,
      idempotency_key text,
      actor_id text,
      actor_type text,
      actor jsonb,
      ip inet,
      user_agent text,
      request_id text,
      id uuid
    )
  ) with ordinality as e (
    action, entity_type, entity_id, description, metadata, target, changes, outcome, error_message, occurred_at,
    idempotency_key, actor_id, actor_type, actor, ip, user_agent, request_id, id, index
  )
$$;
comment on function audit_private.batch_events(jsonb) is 'the events of a JSON array as rows, with their index';
grant execute on function audit_private.batch_events(jsonb) to audit_writer, audit_owner;
