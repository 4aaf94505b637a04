create or replace function audit_private.refuse_watch(message text, detail text, hint text)
returns void
language plpgsql
volatile
parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception using
    errcode = 'WT090',
    message = refuse_watch.message,
    detail = refuse_watch.detail,
    hint = refuse_watch.hint;
end
$$;
comment on function audit_private.refuse_watch(text, text, text) is 'raises WT090: a table that can''t be watched like that';
grant execute on function audit_private.refuse_watch(text, text, text) to audit_writer;
