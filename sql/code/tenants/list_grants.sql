create or replace function audit.list_grants()
returns table (
  role_name name,
  tenant_id uuid,
  reason text,
  granted_at timestamptz,
  granted_by text,
  is_role_present boolean
)
language sql
stable
parallel restricted
security definer
set search_path = pg_catalog, pg_temp
as $$
  select g.role_name, g.tenant_id, g.reason, g.granted_at, g.granted_by,
    exists (select from pg_roles r where r.rolname = g.role_name)
  from (
    select role_name, tenant_id, null as reason, granted_at, granted_by from audit_private.tenant_grant
    union all
    select role_name, null, reason, granted_at, granted_by from audit_private.service_grant
  ) g
  order by g.role_name, g.tenant_id nulls first
$$;
comment on function audit.list_grants() is
  'which database role may act for which tenant; a null tenant stands for all; for audit_operator and audit_auditor';
grant execute on function audit.list_grants() to audit_operator, audit_auditor;
