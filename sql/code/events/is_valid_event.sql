-- The test that single events, batches and imports share; refuse_event words what is wrong. Without a SET
-- clause, so that it inlines.
create or replace function audit_private.is_valid_event(
  description text,
  outcome text,
  error_message text,
  entity_id text,
  actor_id text,
  actor_type text,
  actor jsonb,
  target jsonb,
  changes jsonb
)
returns boolean
language sql
immutable
parallel safe
as $$
  select coalesce(
    pg_catalog.btrim(description) <> ''
    and (
      outcome = 'success' and error_message is null
      or outcome = 'failure' and pg_catalog.btrim(error_message) <> ''
    )
    and (entity_id is null or pg_catalog.length(entity_id) <= 500)
    and (actor_id is null or pg_catalog.length(actor_id) between 1 and 500)
    and actor_type in ('user', 'system', 'api_key', 'database_role')
    and (actor is null or pg_catalog.jsonb_typeof(actor) = 'object')
    and (target is null or pg_catalog.jsonb_typeof(target) in ('object', 'array'))
    and (changes is null or pg_catalog.jsonb_typeof(changes) = 'object'),
    false)
$$;
comment on function audit_private.is_valid_event(text, text, text, text, text, text, jsonb, jsonb, jsonb) is
  'whether an event says what happened, how it ended and who acted, in values of the right kind';
grant execute on function audit_private.is_valid_event(text, text, text, text, text, text, jsonb, jsonb, jsonb) to audit_writer;
