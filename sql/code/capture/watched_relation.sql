-- By its triggers, which go with a table whatever it is called; else by the name that it had.
create or replace function audit_private.watched_relation(entity_type text)
returns regclass
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(
    (
      select t.tgrelid::regclass
      from pg_trigger t
      join pg_proc p on p.oid = t.tgfoid
      where p.pronamespace = 'audit_private'::regnamespace and p.proname = 'on_' || w.entity_type and t.tgparentid = 0
      order by t.tgrelid
      limit 1
    ),
    to_regclass(format('%I.%I', w.schema_name, w.table_name)))
  from audit_private.watched_table w
  where w.entity_type = watched_relation.entity_type
$$;
comment on function audit_private.watched_relation(text) is 'the table of an entity type; null when it is gone or was never watched';
