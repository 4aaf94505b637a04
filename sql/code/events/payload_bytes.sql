-- The texts themselves are measured: a value read from a table may arrive compressed, when its stored size
-- says little. Without a SET clause and no stricter than the functions that it calls, so that it inlines.
create or replace function audit_private.payload_bytes(
  description text,
  actor jsonb,
  target jsonb,
  changes jsonb,
  metadata jsonb,
  error_message text
)
returns integer
language sql
stable
parallel safe
as $$
  select pg_catalog.octet_length(pg_catalog.concat(description, actor, target, changes, metadata, error_message))
$$;
comment on function audit_private.payload_bytes(text, jsonb, jsonb, jsonb, jsonb, text) is
  'bytes of an event''s payload as text';
grant execute on function audit_private.payload_bytes(text, jsonb, jsonb, jsonb, jsonb, text) to audit_writer;
