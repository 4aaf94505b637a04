-- A value read from a table may arrive compressed, when pg_column_size understates it; nothing under
-- 600 bytes can unpack to the smallest limit, and only above that is the text itself measured.
-- Without a SET clause and no stricter than the functions that it calls, so that it inlines.
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
  select case
    when coalesce(pg_catalog.pg_column_size(description), 0) + coalesce(pg_catalog.pg_column_size(actor), 0)
      + coalesce(pg_catalog.pg_column_size(target), 0) + coalesce(pg_catalog.pg_column_size(changes), 0)
      + coalesce(pg_catalog.pg_column_size(metadata), 0) + coalesce(pg_catalog.pg_column_size(error_message), 0)
      < 600
    then 0
    else coalesce(pg_catalog.octet_length(description), 0) + coalesce(pg_catalog.octet_length(actor::text), 0)
      + coalesce(pg_catalog.octet_length(target::text), 0) + coalesce(pg_catalog.octet_length(changes::text), 0)
      + coalesce(pg_catalog.octet_length(metadata::text), 0) + coalesce(pg_catalog.octet_length(error_message), 0)
  end
$$;
comment on function audit_private.payload_bytes(text, jsonb, jsonb, jsonb, jsonb, text) is
  'bytes of an event''s payload as text; 0 when it is surely small';
grant execute on function audit_private.payload_bytes(text, jsonb, jsonb, jsonb, jsonb, text) to audit_writer;
