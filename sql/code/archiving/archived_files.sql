set local role audit_keeper;
-- As the keeper, since a consumer belongs to no tenant; who may see which is decided by whoever calls.
create or replace function audit_private.archived_files(tenant_id uuid, sink_name text)
returns setof audit_private.archived_file
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select f.*
  from audit_private.archived_file f
  where (archived_files.tenant_id is null or f.tenant_id = archived_files.tenant_id)
    and (archived_files.sink_name is null or f.sink_name = archived_files.sink_name)
$$;
comment on function audit_private.archived_files(uuid, text) is 'archived files, of a tenant or all, of a sink or all';
grant execute on function audit_private.archived_files(uuid, text) to audit_owner;
