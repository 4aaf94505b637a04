set local role audit_writer;
-- One primary-key look-up, as the caller's statement sees it: in force for every statement whose
-- snapshot is younger than the toggle's commit.
create or replace function audit.is_logged(action text, tenant_id uuid default null)
returns boolean
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  tenant constant uuid := audit_private.require_tenant(is_logged.tenant_id);
  decided boolean;
begin
  select d.is_logged into decided
  from audit_private.logging_decision d
  where d.tenant_id = tenant and d.action = is_logged.action;
  if decided is null then
    perform audit_private.refuse_codes(tenant, is_logged.action, null);
  end if;
  perform audit_private.release_tenant();
  return decided;
end
$$;
comment on function audit.is_logged(text, uuid) is
  'whether an event of this action would be stored now; for audit_app';
grant execute on function audit.is_logged(text, uuid) to audit_app;
