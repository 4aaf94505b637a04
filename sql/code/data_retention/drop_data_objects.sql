create or replace function audit_private.drop_data_objects(object_name text)
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set client_min_messages = warning
as $$
begin
  execute format('drop function if exists audit_data.%I(uuid), audit_data.%I(uuid)',
    'review_of_' || drop_data_objects.object_name, 'purge_of_' || drop_data_objects.object_name);
  execute format('drop view if exists audit_data.%I', 'retention_of_' || drop_data_objects.object_name);
end
$$;
comment on function audit_private.drop_data_objects(text) is 'drops the view and functions of a table under data retention';
