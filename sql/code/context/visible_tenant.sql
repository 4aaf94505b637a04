-- The tenant wall stands on this function. Settings can be forged by anybody who may send SQL, so they
-- only choose among the tenants that the role is bound to. pgwitness.named_tenant is the tenant_id
-- argument of the public function that runs just now (require_tenant, release_tenant).
-- No service role is bound to the installation's own tenant: that takes a grant by name.
create or replace function audit_private.visible_tenant()
returns uuid
language plpgsql
stable
parallel restricted
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  chosen uuid := coalesce(
    nullif(current_setting('pgwitness.named_tenant', true), ''),
    nullif(current_setting('pgwitness.tenant_id', true), '')
  )::uuid;
begin
  select coalesce(chosen, b.only_tenant_id)
  into chosen
  from audit_private.role_binding b
  where b.role_name = audit_private.effective_role()
    and (
      chosen is null
      or chosen = any (b.tenant_ids)
      or b.is_service and chosen <> '00000000-0000-0000-0000-000000000000'
    );
  return chosen;
end
$$;
comment on function audit_private.visible_tenant() is
  'the tenant whose rows may be seen now, or null: named or from the context, and granted to the role';
grant execute on function audit_private.visible_tenant()
  to audit_reader, audit_admin, audit_privacy, audit_auditor, audit_writer, audit_finder, audit_keeper;
