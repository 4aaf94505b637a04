create or replace function audit_private.payload_digest(e audit_private.event)
returns bytea
language sql
stable
parallel safe
as $$
  select audit_private.group_digest(
    e.payload_digest, audit_private.group_salt(e.salt, e.derived_salts, 'payload', 3), 'payload',
    audit_private.payload_content(e))
$$;
comment on function audit_private.payload_digest(audit_private.event) is 'what a leaf knows of an event''s payload';
grant execute on function audit_private.payload_digest(audit_private.event) to audit_finder, audit_keeper;
