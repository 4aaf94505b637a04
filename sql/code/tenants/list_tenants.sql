create or replace function audit.list_tenants()
returns table (
  tenant_id uuid,
  name text,
  registered_at timestamptz,
  retired_at timestamptz,
  is_logging_enabled boolean
)
language sql
stable
parallel restricted
security definer
set search_path = pg_catalog, pg_temp
as $$
  select t.tenant_id, t.name, t.registered_at, t.retired_at, t.is_logging_enabled
  from audit_private.tenant t
  where t.tenant_id <> '00000000-0000-0000-0000-000000000000'
  order by t.name, t.tenant_id
$$;
comment on function audit.list_tenants() is 'every tenant; for audit_operator and audit_auditor';
grant execute on function audit.list_tenants() to audit_operator, audit_auditor;
