create or replace function audit_private.refuse_definition(message text, detail text, hint text)
returns void
language plpgsql
volatile
parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception using
    errcode = 'WT050',
    message = refuse_definition.message,
    detail = refuse_definition.detail,
    hint = refuse_definition.hint;
end
$$;
comment on function audit_private.refuse_definition(text, text, text) is 'raises WT050: a definition that the catalogue can''t take';
