-- Needs no session: one that ran out while the events were streaming doesn't keep the log from knowing how it ended. An
-- export that was taken for a file and cancelled meanwhile stays cancelled, and its file is to go. A client that has it
-- all isn't told that all is well when something of it was erased meanwhile.
create or replace function audit.finish_export(
  export_id uuid,
  rows bigint default null,
  bytes bigint default null,
  digest text default null,
  error text default null,
  tenant_id uuid default null
)
returns boolean
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  tenant uuid;
  finished audit_private.export;
begin
  perform audit_private.require_writable();
  tenant := audit_private.require_tenant(finish_export.tenant_id);
  finished := audit_private.find_export(tenant, finish_export.export_id);
  update audit_private.export x
  set state = case when finish_export.error is null then 'completed' else 'failed' end,
    finished_at = clock_timestamp(),
    rows = coalesce(finish_export.rows, 0),
    bytes = coalesce(finish_export.bytes, 0),
    digest = left(finish_export.digest, 128),
    error = left(finish_export.error, 2000)
  where x.tenant_id = tenant
    and x.export_id = finished.export_id
    and x.state = 'running'
    and (x.is_straight or x.process_id is not null and audit_private.export_state(x) = 'running')
  returning * into finished;
  if not found then
    select * into finished
    from audit_private.export x
    where x.tenant_id = tenant and x.export_id = finish_export.export_id;
    if (finished.is_straight or finished.process_id is not null) and finished.state = 'failed' and finish_export.error is null then
      raise exception using
        errcode = 'WT125',
        message = format('export %s has failed', finished.export_id),
        detail = format('It ended at %s: %s.', finished.finished_at, finished.error),
        hint = 'Destroy what was streamed, and begin anew with audit.begin_export or audit.request_export.';
    end if;
    perform audit_private.release_tenant();
    return false;
  end if;
  perform audit_private.write_export_event(
    finished, finished.state,
    case finished.state when 'completed' then 'An export of the log is complete' else 'An export of the log failed' end,
    null, jsonb_strip_nulls(jsonb_build_object(
      'rows', finished.rows, 'bytes', finished.bytes, 'digest', finished.digest, 'error', finished.error)));
  perform audit_private.release_tenant();
  return true;
end
$$;
comment on function audit.finish_export(uuid, bigint, bigint, text, text, uuid) is
  'Tells the log how an export ended that audit.begin_export began or audit.take_export took: with how many events and '
  'bytes and which SHA-256, or with an error. True the first time; false for one that was cancelled. Raises WT036, WT121, '
  'WT122 and WT125.';
grant execute on function audit.finish_export(uuid, bigint, bigint, text, text, uuid)
  to audit_reader, audit_admin, audit_privacy, audit_auditor;
