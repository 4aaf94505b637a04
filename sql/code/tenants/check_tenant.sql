create or replace function audit_private.check_tenant(tenant_id uuid)
returns void
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if not exists (select from audit_private.tenant t where t.tenant_id = check_tenant.tenant_id) then
    raise exception using
      errcode = 'WT003',
      message = format('tenant %s is not registered', coalesce(check_tenant.tenant_id::text, 'null')),
      detail = 'Grants and retirement need a registered tenant.',
      hint = 'select * from audit.list_tenants();';
  end if;
end
$$;
comment on function audit_private.check_tenant(uuid) is 'raises WT003 unless the tenant is registered; for operators';
