create or replace function audit_private.refuse_scheduling(message text, detail text, hint text)
returns void
language plpgsql
volatile
parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception using
    errcode = 'WT114',
    message = refuse_scheduling.message,
    detail = refuse_scheduling.detail,
    hint = refuse_scheduling.hint;
end
$$;
comment on function audit_private.refuse_scheduling(text, text, text) is
  'raises WT114: pg_cron is not there, or not for this role';
