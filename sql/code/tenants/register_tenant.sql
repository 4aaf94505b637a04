create or replace function audit.register_tenant(tenant_id uuid, name text)
returns boolean
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  given_name constant text := btrim(register_tenant.name);
  known_name text;
begin
  if register_tenant.tenant_id is null
    or register_tenant.tenant_id = '00000000-0000-0000-0000-000000000000'
    or given_name is null or length(given_name) not between 1 and 200
  then
    raise exception using
      errcode = 'WT003',
      message = format('tenant %s can''t be registered as %s',
        coalesce(register_tenant.tenant_id::text, 'null'), coalesce(quote_literal(given_name), 'null')),
      detail = 'The nil uuid is the installation''s own tenant; a name has 1 to 200 characters.',
      hint = 'Use the application''s own identifier of the tenant, and its name.';
  end if;

  perform audit_private.lock_catalogue();
  select t.name into known_name
  from audit_private.tenant t
  where t.tenant_id = register_tenant.tenant_id;
  insert into audit_private.tenant as known (tenant_id, name)
  values (register_tenant.tenant_id, given_name)
  on conflict on constraint tenant_pkey do update
  set name = excluded.name, retired_at = null
  where (known.name, known.retired_at) is distinct from (excluded.name, null);
  if not found then
    return false;
  end if;
  perform audit_private.write_system_event(
    tenant_id => register_tenant.tenant_id,
    action => 'tenant_registered',
    entity_type => 'audit_tenant',
    entity_id => register_tenant.tenant_id::text,
    description => format('Tenant %s registered', given_name),
    changes => jsonb_build_object('name', jsonb_build_object('old', known_name, 'new', given_name)));
  return true;
end
$$;
comment on function audit.register_tenant(uuid, text) is
  'registers, renames or brings back a tenant; true when that changed anything; for audit_operator';
grant execute on function audit.register_tenant(uuid, text) to audit_operator;
