set local role audit_writer;
create or replace function audit_private.drop_capture_function(entity_type text)
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  execute format('drop function if exists audit_private.%I()', 'on_' || drop_capture_function.entity_type);
end
$$;
comment on function audit_private.drop_capture_function(text) is 'drops the trigger function of a table that is no longer watched';
grant execute on function audit_private.drop_capture_function(text) to audit_owner;
