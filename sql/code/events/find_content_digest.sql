set local role audit_finder;
-- Lets the writer, who can read no event, compare a repeat with what is stored: a hash leaves, no value.
-- An erased event can't be compared any more; its digest is null, and it counts as the same.
create or replace function audit_private.find_content_digest(
  tenant_id uuid,
  occurred_at timestamptz,
  id uuid
)
returns table (content_digest bytea)
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select case
    when e.salt is not null then audit_private.content_digest(
      e.action, e.entity_type, e.entity_id, e.description, e.target, e.changes, e.metadata, e.outcome,
      e.error_message, e.actor_id, e.actor_type)
  end
  from audit_private.event e
  where e.tenant_id = find_content_digest.tenant_id
    and e.occurred_at = find_content_digest.occurred_at
    and e.id = find_content_digest.id
$$;
comment on function audit_private.find_content_digest(uuid, timestamptz, uuid) is
  'content digest of a stored event, null when it was erased; no row when there is none';
grant execute on function audit_private.find_content_digest(uuid, timestamptz, uuid) to audit_writer;
