-- What the lists of the log's own administration begin with: those who see every tenant list all of them, or the one
-- that they name; everybody else their own.
create or replace function audit_private.listed_tenant(tenant_id uuid)
returns uuid
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if not audit_private.sees_all_tenants() then
    return audit_private.require_tenant(listed_tenant.tenant_id);
  end if;
  if listed_tenant.tenant_id is not null then
    perform audit_private.check_tenant(listed_tenant.tenant_id);
  end if;
  return listed_tenant.tenant_id;
end
$$;
comment on function audit_private.listed_tenant(uuid) is
  'the tenant to list, or null for all; raises WT001, WT002 or WT003; ends with release_tenant';
