create or replace function audit_private.refuse_data_retention(message text, detail text, hint text)
returns void
language plpgsql
volatile
parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception using
    errcode = 'WT112',
    message = refuse_data_retention.message,
    detail = refuse_data_retention.detail,
    hint = refuse_data_retention.hint;
end
$$;
comment on function audit_private.refuse_data_retention(text, text, text) is
  'raises WT112: data retention that can''t be defined, armed or resolved like that';
