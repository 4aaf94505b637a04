-- The role need not exist any more: a grant of a dropped role is the very one to revoke.
create or replace function audit.revoke_tenant(role name, reason text, tenant_id uuid default null)
returns boolean
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  checked_reason constant text := audit_private.check_reason(revoke_tenant.reason);
  revoked_tenants uuid[];
  was_service boolean := false;
begin
  perform audit_private.lock_catalogue();
  with removed as (
    delete from audit_private.tenant_grant g
    where g.role_name = revoke_tenant.role
      and (revoke_tenant.tenant_id is null or g.tenant_id = revoke_tenant.tenant_id)
    returning g.tenant_id
  )
  select coalesce(array_agg(r.tenant_id order by r.tenant_id), '{}') into revoked_tenants from removed r;
  if revoke_tenant.tenant_id is null then
    delete from audit_private.service_grant s where s.role_name = revoke_tenant.role;
    was_service := found;
  end if;
  perform audit_private.write_system_event(
    tenant_id => coalesce(r.tenant_id, '00000000-0000-0000-0000-000000000000'),
    action => 'tenant_revoked',
    entity_type => 'audit_tenant',
    entity_id => r.tenant_id::text,
    description => format('Role %I may no longer act for %s', revoke_tenant.role,
      case when r.tenant_id is null then 'every tenant' else 'the tenant' end),
    metadata => jsonb_build_object('role', revoke_tenant.role, 'reason', checked_reason))
  from (
    select unnest(revoked_tenants) as tenant_id
    union all
    select null where was_service
  ) r;
  return was_service or revoked_tenants <> '{}';
end
$$;
comment on function audit.revoke_tenant(name, text, uuid) is
  'takes one tenant from a database role, or all its grants when no tenant is named; for audit_operator';
grant execute on function audit.revoke_tenant(name, text, uuid) to audit_operator;
