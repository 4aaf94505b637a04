create or replace function audit_private.fail_export(export_id uuid, error text)
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  failed audit_private.export;
begin
  update audit_private.export x
  set state = 'failed', finished_at = clock_timestamp(), error = left(fail_export.error, 2000)
  where x.export_id = fail_export.export_id and x.state in ('pending', 'running')
  returning * into failed;
  if not found then
    return;
  end if;
  delete from audit_private.export_chunk c
  where c.tenant_id = failed.tenant_id and c.export_id = failed.export_id;
  perform audit_private.write_export_event(
    failed, 'failed', 'An export of the log failed', null, jsonb_build_object('rows', failed.rows, 'error', failed.error));
end
$$;
comment on function audit_private.fail_export(uuid, text) is
  'ends an export with an error, takes back what it had written, and logs it; a step of run_exports';
grant execute on function audit_private.fail_export(uuid, text) to audit_operator;
