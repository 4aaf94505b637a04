-- Only ever set, never waited for: the job sees it before its next chunk, and nobody reads a cancelled export, even
-- when its last chunk came in between.
create or replace function audit.cancel_export(export_id uuid, tenant_id uuid default null)
returns boolean
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  tenant uuid;
  cancelled audit_private.export;
begin
  perform audit_private.require_writable();
  tenant := audit_private.require_tenant(cancel_export.tenant_id);
  cancelled := audit_private.find_export(tenant, cancel_export.export_id);
  if cancelled.state not in ('pending', 'running') then
    perform audit_private.release_tenant();
    return false;
  end if;
  insert into audit_private.export_cancellation (tenant_id, export_id, cancelled_by)
  values (tenant, cancelled.export_id, audit_private.recorded_by())
  on conflict do nothing;
  if not found then
    perform audit_private.release_tenant();
    return false;
  end if;
  perform audit_private.write_export_event(
    cancelled, 'cancelled', 'Cancelled an export of the log', null, jsonb_build_object('rows', cancelled.rows));
  perform audit_private.release_tenant();
  return true;
end
$$;
comment on function audit.cancel_export(uuid, uuid) is
  'Cancels an export that is pending or running: one''s own, or any of the tenant as a member of audit_admin. '
  'True when there was something to cancel. Raises WT036, WT121 and WT122.';
grant execute on function audit.cancel_export(uuid, uuid)
  to audit_reader, audit_admin, audit_privacy, audit_auditor;
