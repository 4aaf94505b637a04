-- A consumer lists the files of the sinks that name it, so that it knows which may go; everybody else the tenant's.
create or replace function audit.list_archives(name text default null, tenant_id uuid default null)
returns setof audit_private.archive_row
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  is_consumer constant boolean := list_archives.tenant_id is null and not audit_private.sees_all_tenants()
    and exists (
      select from audit_private.sink s
      where s.sink_name = list_archives.name and s.role_name = audit_private.effective_role()
    );
  tenant constant uuid := case when not is_consumer then audit_private.listed_tenant(list_archives.tenant_id) end;
begin
  return query
  select f.tenant_id, f.sink_name, f.address, f.file, f.day, f.rows, f.bytes, f.sha256, f.first_at, f.last_at, f.noted_at,
    f.noted_by, s.is_expired, s.is_held, s.erased, f.removed_at, f.removed_by, f.removal
  from audit_private.archive_states(tenant, list_archives.name, true) s
  join audit_private.archived_files(tenant, list_archives.name) f on f.file_id = s.file_id
  order by f.tenant_id, f.day, f.file;
  if not is_consumer then
    perform audit_private.release_tenant();
  end if;
end
$$;
comment on function audit.list_archives(text, uuid) is
  'files that sinks have archived events in: their hashes, whether all in one has expired or a hold may keep it, and how many '
  'of its events were erased later, so that it still tells of them; of every tenant for audit_operator and audit_auditor, of '
  'its own sink for a role of audit_shipper, of their tenant for others';
grant execute on function audit.list_archives(text, uuid)
  to audit_reader, audit_admin, audit_privacy, audit_operator, audit_auditor, audit_shipper;
