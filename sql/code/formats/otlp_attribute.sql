create or replace function audit_private.otlp_attribute(name text, value text)
returns text
language sql
stable
parallel safe
as $$
  select ',{"key":"pgwitness.' || name || '","value":{"stringValue":' || pg_catalog.to_json(value)::text || '}}'
$$;
comment on function audit_private.otlp_attribute(text, text) is
  'an attribute of a log record of OTLP behind another one; null without a value';
grant execute on function audit_private.otlp_attribute(text, text) to audit_keeper;
