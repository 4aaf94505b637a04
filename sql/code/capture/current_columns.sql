-- A column keeps its number when it is renamed, and another may have taken its name. A restored dump may number columns
-- anew, so there only names count, and where a redacted one is gone every column that is new may be it.
create or replace function audit_private.current_columns(
  watched audit_private.watched_table,
  relation regclass,
  names text[],
  or_any_new boolean default false
)
returns text[]
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  with present as (
    select a.attname::text as name, a.attnum as number, o.is_original
    from pg_attribute a
    cross join (
      select coalesce(bool_or(position(format('''%s''::regclass', current_columns.relation::oid) in p.prosrc) > 0), false)
        as is_original
      from pg_proc p
      where p.pronamespace = 'audit_private'::regnamespace and p.proname = 'on_' || watched.entity_type
    ) o
    where a.attrelid = current_columns.relation and a.attnum > 0 and not a.attisdropped
  ),
  known as (
    select k.name, case when p.is_original then p.name else k.name end as now_called, p.is_original
    from unnest(watched.known_columns, watched.known_numbers) as k (name, number)
    join present p on case when p.is_original then p.number = k.number else p.name = k.name end
  )
  select case when names is not null then array(
    select k.now_called from unnest(names) with ordinality as n (name, place) join known k using (name) order by n.place
  ) || case
    when or_any_new and exists (select from unnest(names) as n (name) where not exists (select from known k where k.name = n.name))
      then array(select p.name from present p where not p.is_original and p.name <> all (watched.known_columns))
    else '{}' end end
$$;
comment on function audit_private.current_columns(audit_private.watched_table, regclass, text[], boolean) is
  'what columns that had these names when the table was watched are called now, without those that are gone';
