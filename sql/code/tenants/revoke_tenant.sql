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
  revoked uuid[];
begin
  with removed as (
    delete from audit_private.tenant_grant g
    where g.role_name = revoke_tenant.role
      and (revoke_tenant.tenant_id is null or g.tenant_id = revoke_tenant.tenant_id)
    returning g.tenant_id
  )
  select array_agg(r.tenant_id order by r.tenant_id) into revoked from removed r;
  if revoke_tenant.tenant_id is null then
    delete from audit_private.service_grant s where s.role_name = revoke_tenant.role;
    if found then
      revoked := revoked || '00000000-0000-0000-0000-000000000000'::uuid;
    end if;
  end if;
  perform audit_private.write_system_event(
    tenant_id => r.tenant_id,
    action => 'tenant_revoked',
    entity_type => 'audit_tenant',
    entity_id => nullif(r.tenant_id, '00000000-0000-0000-0000-000000000000')::text,
    description => format('Role %I may no longer act for %s', revoke_tenant.role,
      case r.tenant_id when '00000000-0000-0000-0000-000000000000' then 'every tenant' else 'the tenant' end),
    metadata => jsonb_build_object('role', revoke_tenant.role, 'reason', checked_reason))
  from unnest(revoked) as r (tenant_id);
  return revoked is not null;
end
$$;
comment on function audit.revoke_tenant(name, text, uuid) is
  'takes one tenant from a database role, or all its grants when no tenant is named; for audit_operator';
grant execute on function audit.revoke_tenant(name, text, uuid) to audit_operator;
