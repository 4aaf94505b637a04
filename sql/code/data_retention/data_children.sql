-- Each child with the tables that lead to it from the table itself, here t, and the conditions between all of them.
create or replace function audit_private.data_children(children jsonb, sources text, condition text)
returns table (relation text, alias text, rule text, entity_type text, depth integer, tables text, conditions text, child_join jsonb)
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
set quote_all_identifiers = off
as $$
  with recursive child as (
    select c.value as entry, 1 as depth, data_children.sources as tables,
      j.conditions || data_children.condition as conditions
    from jsonb_array_elements(data_children.children) c
    cross join lateral (
      select string_agg(format('c1.%I = t.%I and ', j.key, j.value), '' order by j.key) as conditions
      from jsonb_each_text(c.value -> 'join') j
    ) j
    union all
    select c.value, p.depth + 1, format('%s c%s, %s', p.entry ->> 'relation', p.depth, p.tables), j.conditions || p.conditions
    from child p
    cross join lateral jsonb_array_elements(p.entry -> 'children') c
    cross join lateral (
      select string_agg(format('c%s.%I = c%s.%I and ', p.depth + 1, j.key, p.depth, j.value), '' order by j.key) as conditions
      from jsonb_each_text(c.value -> 'join') j
    ) j
  )
  select c.entry ->> 'relation', 'c' || c.depth, c.entry ->> 'rule', c.entry ->> 'entity_type', c.depth, c.tables, c.conditions, c.entry -> 'join'
  from child c
$$;
comment on function audit_private.data_children(jsonb, text, text) is
  'the children of a table under data retention, and theirs, with the SQL that joins them';
