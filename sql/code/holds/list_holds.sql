create or replace function audit.list_holds(tenant_id uuid default null)
returns setof audit_private.hold_row
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  tenant constant uuid := audit_private.listed_tenant(list_holds.tenant_id);
begin
  return query
  select h.tenant_id, h.name, h.filter, h.reason, h.placed_at, h.placed_by, h.released_at, h.released_by, h.release_reason
  from audit_private.legal_hold h
  where tenant is null or h.tenant_id = tenant
  order by h.released_at is not null, h.placed_at desc, h.tenant_id, h.name;
  perform audit_private.release_tenant();
end
$$;
comment on function audit.list_holds(uuid) is
  'holds that stand, newest first, then those released; of every tenant for audit_operator and audit_auditor, '
  'of their own for audit_admin and audit_privacy';
grant execute on function audit.list_holds(uuid) to audit_admin, audit_privacy, audit_operator, audit_auditor;
