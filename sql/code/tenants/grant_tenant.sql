create or replace function audit.grant_tenant(role name, tenant_id uuid)
returns boolean
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform audit_private.lock_catalogue();
  perform audit_private.check_tenant(grant_tenant.tenant_id);
  perform audit_private.check_role(grant_tenant.role);
  insert into audit_private.tenant_grant (tenant_id, role_name, granted_by)
  values (grant_tenant.tenant_id, grant_tenant.role, audit_private.recorded_by())
  on conflict do nothing;
  if not found then
    return false;
  end if;
  perform audit_private.write_system_event(
    tenant_id => grant_tenant.tenant_id,
    action => 'tenant_granted',
    entity_type => 'audit_tenant',
    entity_id => grant_tenant.tenant_id::text,
    description => format('Role %I may act for the tenant', grant_tenant.role),
    metadata => jsonb_build_object('role', grant_tenant.role));
  return true;
end
$$;
comment on function audit.grant_tenant(name, uuid) is
  'binds a database role to a tenant; true when that changed anything; for audit_operator';
grant execute on function audit.grant_tenant(name, uuid) to audit_operator;
