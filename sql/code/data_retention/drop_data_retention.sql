-- Receipts stay. Of tables that are gone, or have another name, the name is only in the entry: null drops those.
create or replace function audit.drop_data_retention(relation regclass, reason text)
returns boolean
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  checked_reason constant text := audit_private.check_reason(drop_data_retention.reason);
  entry audit_private.data_retention;
  is_dropped boolean := false;
begin
  perform audit_private.lock_catalogue();
  for entry in
    select d.*
    from audit_private.data_retention d
    where audit_private.relation_named(d.relation) is not distinct from drop_data_retention.relation
    order by d.relation
    for update
  loop
    perform audit_private.drop_data_objects(entry.object_name);
    delete from audit_private.data_retention d where d.relation = entry.relation;
    perform audit_private.close_data_schemas(entry.owner_name);
    perform audit_private.write_system_event(
      tenant_id => '00000000-0000-0000-0000-000000000000'::uuid,
      action => 'data_retention_dropped'::text,
      entity_type => 'audit_data_retention'::text,
      entity_id => entry.relation,
      description => format('Data retention of %s dropped', entry.relation),
      metadata => jsonb_build_object('reason', checked_reason));
    is_dropped := true;
  end loop;
  return is_dropped;
end
$$;
comment on function audit.drop_data_retention(regclass, text) is
  'a table is no longer under data retention; its rows and receipts stay; null for tables that are gone; true when that changed '
  'anything; for audit_operator; raises WT021';
grant execute on function audit.drop_data_retention(regclass, text) to audit_operator;
