create or replace function audit_private.rfc5424_parameter(name text, value text)
returns text
language sql
immutable
parallel safe
as $$
  select ' ' || name || '="' || pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(
    value, E'\\', E'\\\\'), '"', E'\\"'), ']', E'\\]') || '"'
$$;
comment on function audit_private.rfc5424_parameter(text, text) is
  'a parameter of structured data in RFC 5424; null without a value';
grant execute on function audit_private.rfc5424_parameter(text, text) to audit_keeper;
