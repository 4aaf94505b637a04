set local role audit_writer;
create or replace function audit_private.finish_watch(entity_type text)
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  execute format('revoke execute on function audit_private.%I() from %I',
    'on_' || finish_watch.entity_type, audit_private.effective_role());
end
$$;
comment on function audit_private.finish_watch(text) is
  'takes back the right to make triggers with a generated function';
grant execute on function audit_private.finish_watch(text) to audit_operator;
