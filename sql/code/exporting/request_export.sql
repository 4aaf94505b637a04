create or replace function audit.request_export(
  filter jsonb default '{}',
  format text default 'jsonl',
  tenant_id uuid default null
)
returns uuid
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  tenant uuid;
  stored audit_private.export;
begin
  tenant := audit_private.require_tenant(request_export.tenant_id);
  stored := audit_private.store_export(
    audit_private.require_access(tenant), request_export.filter, request_export.format, false);
  perform audit_private.release_tenant();
  return stored.export_id;
end
$$;
comment on function audit.request_export(jsonb, text, uuid) is
  'Asks for an export of the events that a filter finds, as csv or jsonl, and returns its id: the job run_exports writes it, '
  'audit.list_exports tells how far it is, audit.read_export gives it. Needs an open access session, and is logged. '
  'Raises WT030, WT031, WT032, WT035, WT036, WT040 and WT120.';
grant execute on function audit.request_export(jsonb, text, uuid)
  to audit_reader, audit_admin, audit_privacy, audit_auditor;
