-- What a caller says with an event, without what a retry may change (address, client, request, times). A target
-- of just type and id is what readers see when none was given.
-- SHA-256 of a JSON array tells apart null, empty and shifted values, and depends on no setting.
create or replace function audit_private.content_digest(
  action text,
  entity_type text,
  entity_id text,
  description text,
  target jsonb,
  changes jsonb,
  metadata jsonb,
  outcome text,
  error_message text,
  actor_id text,
  actor_type text
)
returns bytea
language sql
stable
parallel safe
as $$
  select pg_catalog.sha256(pg_catalog.convert_to(
    pg_catalog.jsonb_build_array(
      action, entity_type, entity_id, description,
      nullif(target, pg_catalog.jsonb_build_object('type', entity_type, 'id', entity_id)),
      changes, metadata, outcome, error_message, actor_id, actor_type)::text,
    'UTF8'))
$$;
comment on function audit_private.content_digest(
  text, text, text, text, jsonb, jsonb, jsonb, text, text, text, text
) is 'tells a repeat from other content under the same idempotency key';
grant execute on function audit_private.content_digest(
  text, text, text, text, jsonb, jsonb, jsonb, text, text, text, text
) to audit_writer, audit_finder;
