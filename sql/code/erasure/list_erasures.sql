create or replace function audit.list_erasures(tenant_id uuid default null)
returns setof audit_private.erasure
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  tenant constant uuid := audit_private.listed_tenant(list_erasures.tenant_id);
begin
  return query
  select x.*
  from audit_private.erasure x
  where tenant is null or x.tenant_id = tenant
  order by x.requested_at desc, x.erasure_id;
  perform audit_private.release_tenant();
end
$$;
comment on function audit.list_erasures(uuid) is
  'erasures, newest first: why, by whom, of how many events, and how many a hold still keeps; of every tenant for '
  'audit_operator and audit_auditor, of their own for audit_privacy and audit_admin';
grant execute on function audit.list_erasures(uuid) to audit_privacy, audit_admin, audit_operator, audit_auditor;
