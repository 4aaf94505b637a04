create or replace function audit.current_tenant()
returns uuid
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  tenant constant uuid := audit_private.require_tenant(null);
begin
  perform audit_private.release_tenant();
  return tenant;
end
$$;
comment on function audit.current_tenant() is
  'the tenant of the current transaction: the context''s, or the only one that the role is bound to';
grant execute on function audit.current_tenant()
  to audit_app, audit_reader, audit_admin, audit_privacy, audit_operator, audit_auditor;
