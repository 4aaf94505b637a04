-- Runs with its caller's rights, as watch: whoever may become the table's owner makes its view and functions as that
-- owner, between two steps of the log's own. The right to make them reaches no further than a schema in which nothing
-- of the log is looked for, and no longer than this.
create or replace function audit.define_data_retention(
  relation regclass,
  time_column text,
  levels jsonb,
  children jsonb default '[]',
  tenant_column text default null,
  entity_type text default null,
  actor_column text default null,
  decision text default null
)
returns boolean
language plpgsql
volatile
parallel unsafe
set search_path = pg_catalog, pg_temp
as $$
declare
  prepared record;
  statement text;
  previous_role constant text := current_setting('role');
begin
  select p.* into prepared
  from audit_private.prepare_data_retention(
    relation, time_column, levels, children, tenant_column, entity_type, actor_column, decision) p;
  if prepared.statements is not null then
    perform set_config('role', prepared.owner_name, true);
    foreach statement in array prepared.statements loop
      execute statement;
    end loop;
    perform set_config('role', previous_role, true);
    perform audit_private.finish_data_retention(relation);
  end if;
  return prepared.is_changed;
exception when undefined_function or datatype_mismatch then
  raise exception using
    errcode = 'WT112',
    message = format('the levels or children of %s can''t be joined', relation),
    detail = sqlerrm,
    hint = 'The columns of a join are of one type.';
end
$$;
comment on function audit.define_data_retention(regclass, text, jsonb, jsonb, text, text, text, text) is
  'declares whose days decide how long a table''s rows are kept, and what goes with them; nothing goes before '
  'arm_data_retention; run again to change it, which disarms; true when that changed anything; for the table''s owner, with '
  'audit_operator; raises WT112';
grant execute on function audit.define_data_retention(regclass, text, jsonb, jsonb, text, text, text, text) to audit_operator;
