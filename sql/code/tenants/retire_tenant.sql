-- Nothing cascades: the trail of a retired tenant stays until its retention ends, and whoever has to read it gets a
-- grant by name anew. Its grants go at once, and with its decisions gone every write is refused.
create or replace function audit.retire_tenant(reason text, tenant_id uuid)
returns boolean
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  checked_reason constant text := audit_private.check_reason(retire_tenant.reason);
begin
  perform audit_private.lock_catalogue();
  perform audit_private.check_tenant(retire_tenant.tenant_id);
  if retire_tenant.tenant_id = '00000000-0000-0000-0000-000000000000' then
    raise exception using
      errcode = 'WT003',
      message = 'the installation''s own tenant can''t be retired',
      detail = 'It keeps the acts that concern no tenant.',
      hint = 'Name the tenant to retire.';
  end if;
  update audit_private.tenant t
  set retired_at = clock_timestamp()
  where t.tenant_id = retire_tenant.tenant_id and t.retired_at is null;
  if not found then
    return false;
  end if;
  perform audit_private.write_system_event(
    tenant_id => retire_tenant.tenant_id,
    action => 'tenant_retired',
    entity_type => 'audit_tenant',
    entity_id => retire_tenant.tenant_id::text,
    description => 'Tenant retired',
    metadata => jsonb_build_object('reason', checked_reason));
  perform audit.revoke_tenant(g.role_name, checked_reason, g.tenant_id)
  from audit_private.tenant_grant g
  where g.tenant_id = retire_tenant.tenant_id;
  return true;
end
$$;
comment on function audit.retire_tenant(text, uuid) is
  'ends a tenant''s logging and revokes its grants; its events stay until their retention ends; true when that changed '
  'anything; for audit_operator';
grant execute on function audit.retire_tenant(text, uuid) to audit_operator;
