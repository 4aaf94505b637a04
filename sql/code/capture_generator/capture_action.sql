create or replace function audit_private.capture_action(entity_type text, operation text)
returns text
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select capture_action.entity_type || case capture_action.operation
    when 'INSERT' then '_created' when 'UPDATE' then '_updated' when 'DELETE' then '_deleted' else '_truncated'
  end
$$;
comment on function audit_private.capture_action(text, text) is 'the action that tells of an operation on a watched table';
grant execute on function audit_private.capture_action(text, text) to audit_writer;
