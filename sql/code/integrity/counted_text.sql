create or replace function audit_private.counted_text(value text)
returns text
language sql
stable
parallel safe
as $$
  select coalesce(pg_catalog.octet_length(value) || ':' || value, ':')
$$;
comment on function audit_private.counted_text(text) is
  'a text as sealed entries hold it: bytes, colon, text; null is a lone colon';
grant execute on function audit_private.counted_text(text) to audit_finder, audit_keeper;
