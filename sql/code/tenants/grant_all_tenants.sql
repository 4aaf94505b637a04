create or replace function audit.grant_all_tenants(role name, reason text)
returns boolean
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  checked_reason constant text := audit_private.check_reason(grant_all_tenants.reason);
begin
  perform audit_private.lock_catalogue();
  perform audit_private.check_role(grant_all_tenants.role);
  insert into audit_private.service_grant (role_name, reason, granted_by)
  values (grant_all_tenants.role, checked_reason, audit_private.recorded_by())
  on conflict do nothing;
  if not found then
    return false;
  end if;
  perform audit_private.write_system_event(
    tenant_id => '00000000-0000-0000-0000-000000000000',
    action => 'tenant_granted',
    entity_type => 'audit_tenant',
    entity_id => null,
    description => format('Role %I may act for every tenant', grant_all_tenants.role),
    metadata => jsonb_build_object('role', grant_all_tenants.role, 'reason', checked_reason));
  return true;
end
$$;
comment on function audit.grant_all_tenants(name, text) is
  'lets an application''s service role act for every tenant, as its context says; for audit_operator';
grant execute on function audit.grant_all_tenants(name, text) to audit_operator;
