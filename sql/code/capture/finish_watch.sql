set local role audit_writer;
-- A partition that is made later takes over its parent's row triggers, for which whoever makes it, the owner, needs
-- the right to execute them.
create or replace function audit_private.finish_watch(entity_type text)
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  owner name;
begin
  execute format('revoke execute on function audit_private.%I() from %I',
    'on_' || finish_watch.entity_type, audit_private.effective_role());
  select r.rolname into owner
  from audit_private.watched_table w
  join pg_class c on c.oid = to_regclass(format('%I.%I', w.schema_name, w.table_name))
  join pg_roles r on r.oid = c.relowner
  where w.entity_type = finish_watch.entity_type and w.level = 'row' and c.relkind = 'p';
  if found then
    execute format('grant execute on function audit_private.%I() to %I', 'on_' || finish_watch.entity_type, owner);
  end if;
end
$$;
comment on function audit_private.finish_watch(text) is
  'takes back the right to make triggers with a generated function';
grant execute on function audit_private.finish_watch(text) to audit_operator;
