create or replace function audit_private.actor_id_digest(e audit_private.event)
returns bytea
language sql
stable
parallel safe
as $$
  select audit_private.group_digest(
    e.actor_id_digest, audit_private.group_salt(e.salt, e.derived_salts, 'actor_id', 1), 'actor_id',
    audit_private.counted_text(e.actor_id))
$$;
comment on function audit_private.actor_id_digest(audit_private.event) is 'what a leaf knows of an event''s actor_id';
grant execute on function audit_private.actor_id_digest(audit_private.event) to audit_finder, audit_keeper;
