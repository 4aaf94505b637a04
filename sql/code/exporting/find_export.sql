-- An export belongs to who asked for it; administrators may have any of their tenant.
create or replace function audit_private.find_export(tenant_id uuid, export_id uuid)
returns audit_private.export
language plpgsql
stable
parallel restricted
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  found_export audit_private.export;
  reader record;
begin
  select * into found_export
  from audit_private.export x
  where x.tenant_id = find_export.tenant_id and x.export_id = find_export.export_id;
  if not found then
    raise exception using
      errcode = 'WT121',
      message = format('there is no export %s', coalesce(find_export.export_id::text, 'null')),
      detail = format('Tenant %s has no export of this id.', find_export.tenant_id),
      hint = 'See: select * from audit.list_exports();';
  end if;
  select * into reader from audit_private.current_reader();
  if (found_export.actor_id, found_export.actor_type, found_export.requested_by)
      is distinct from (reader.actor_id, reader.actor_type, audit_private.recorded_by())
    and not pg_has_role(audit_private.effective_role(), 'audit_admin', 'usage')
  then
    raise exception using
      errcode = 'WT122',
      message = format('export %s belongs to somebody else', found_export.export_id),
      detail = 'An export is for the actor and role that asked for it.',
      hint = 'A member of audit_admin may have any export of the tenant; or ask for one of your own with audit.request_export.';
  end if;
  return found_export;
end
$$;
comment on function audit_private.find_export(uuid, uuid) is
  'an export that the caller may have; raises WT121 and WT122';
