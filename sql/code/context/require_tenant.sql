-- Every public function that takes a tenant_id begins here and ends with release_tenant, so that the wall
-- sees the tenant that was named and the caller's transaction keeps its own. (A SET clause on each function
-- would undo it by itself, but only a superuser may attach one for a setting of ours.) A refusal doesn't
-- tell whether the tenant exists.
create or replace function audit_private.require_tenant(tenant_id uuid)
returns uuid
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  wanted text;
  visible uuid;
begin
  perform set_config('pgwitness.named_tenant', coalesce(require_tenant.tenant_id::text, ''), true);
  visible := audit_private.visible_tenant();
  if visible is null then
    wanted := coalesce(
      require_tenant.tenant_id::text, nullif(current_setting('pgwitness.tenant_id', true), ''));
    if wanted is null then
      raise exception using
        errcode = 'WT001',
        message = 'no tenant is set',
        detail = format('Role %I is not bound to exactly one tenant.', audit_private.effective_role()),
        hint = 'Begin a transaction and call audit.set_context(tenant_id => …), or pass tenant_id.';
    end if;
    raise exception using
      errcode = 'WT002',
      message = format('role %I may not act for tenant %s', audit_private.effective_role(), wanted),
      detail = 'What counts is the SET ROLE role when one is set, else the login, by its exact name.',
      hint = format('An operator may call: select audit.grant_tenant(role => %L, tenant_id => %L);',
        audit_private.effective_role(), wanted);
  end if;
  if not exists (select from audit_private.tenant t where t.tenant_id = visible) then
    raise exception using
      errcode = 'WT003',
      message = format('tenant %s is not registered', visible),
      detail = 'A service role may act for every registered tenant.',
      hint = format('An operator may call: select audit.register_tenant(tenant_id => %L, name => …);', visible);
  end if;
  return visible;
end
$$;
comment on function audit_private.require_tenant(uuid) is
  'the tenant named, else the context''s; raises WT001, WT002 or WT003';
grant execute on function audit_private.require_tenant(uuid) to audit_writer;
