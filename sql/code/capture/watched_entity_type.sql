-- By its triggers, which go with a table whatever it is called; a table that has none any more, or not yet again, by
-- the name that it had when it was watched.
create or replace function audit_private.watched_entity_type(relation regclass)
returns text
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select w.entity_type
  from audit_private.watched_table w
  join pg_class c on c.oid = watched_entity_type.relation
  left join pg_proc p
    on p.pronamespace = 'audit_private'::regnamespace and p.proname = 'on_' || w.entity_type
  left join pg_trigger t on t.tgfoid = p.oid and t.tgrelid = c.oid
  where t.oid is not null
    or (w.schema_name, w.table_name) = (c.relnamespace::regnamespace::text, c.relname::text)
      and not exists (select from pg_trigger o where o.tgfoid = p.oid)
  order by t.oid is not null desc, w.unwatched_at desc nulls first
  limit 1
$$;
comment on function audit_private.watched_entity_type(regclass) is
  'entity type of a table that is or was watched; null of any other';
