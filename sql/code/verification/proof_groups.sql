create or replace function audit_private.proof_groups(e audit_private.event)
returns jsonb
language sql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select jsonb_object_agg(g.name, case
    when g.digest is not null then jsonb_build_object('digest', encode(g.digest, 'hex'))
    else jsonb_build_object(
      'salt', encode(audit_private.group_salt(e.salt, e.derived_salts, g.name::bytea, g.place), 'hex'),
      'content', g.content)
    end)
  from (
    values
      ('actor_id', 1, e.actor_id_digest, audit_private.counted_text(e.actor_id)),
      ('entity_id', 2, e.entity_id_digest, audit_private.counted_text(e.entity_id)),
      ('payload', 3, e.payload_digest, audit_private.payload_content(e))
  ) as g (name, place, digest, content)
$$;
comment on function audit_private.proof_groups(audit_private.event) is
  'groups of a proof: salt and content, or the digest of what was erased';
