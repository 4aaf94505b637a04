-- Levels as they were given, checked one by one and written out: names of relations in full, keys of a join as
-- [place of the level or 0 for the table, column]. A level's row has to be the only one, so a unique index must cover
-- what it is joined by.
create or replace function audit_private.plain_data_levels(levels jsonb, relation regclass)
returns jsonb
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $$
declare
  plain jsonb := '[]';
  level jsonb;
  place bigint;
  source regclass;
  known regclass[];
  wrong text;
  joins jsonb;
begin
  if jsonb_typeof(plain_data_levels.levels) <> 'array' or jsonb_path_exists(plain_data_levels.levels, '$[*].days') is not true then
    perform audit_private.refuse_data_retention(
      'levels has no level with days',
      'It is an array of objects, the first to ask first, each with name, relation and join, and perhaps days, keep and enabled.',
      'levels => ''[{"name": "assistant", "relation": "public.assistants", "join": {"assistant_id": "id"}, "days": "data_retention_days"}]''');
  end if;
  for level, place in select l.value, l.ordinality from jsonb_array_elements(plain_data_levels.levels) with ordinality l loop
    select string_agg(quote_ident(k.key), ', ') into wrong
    from jsonb_each(case jsonb_typeof(level) when 'object' then level else '{"level":null}' end) k
    where k.key <> all ('{name,relation,join,days,keep,enabled}'::text[])
      or jsonb_typeof(k.value) <> case k.key when 'join' then 'object' else 'string' end
        and not (k.key in ('days', 'keep', 'enabled') and jsonb_typeof(k.value) = 'null');
    source := audit_private.relation_named(level ->> 'relation');
    if wrong is not null or level ->> 'name' ~ '^[^.]{1,60}$' is not true or level -> 'join' = '{}' or not level ? 'join'
      or exists (select from jsonb_array_elements(plain) p where p.value ->> 'name' = level ->> 'name')
      or not exists (select from pg_class c where c.oid = source and c.relkind in ('r', 'p'))
    then
      perform audit_private.refuse_data_retention(
        format('level %s is not valid', place),
        case
          when wrong is not null then 'Unknown, or of the wrong kind: ' || wrong
          when source is null then format('There is no relation %s.', coalesce(level ->> 'relation', 'null'))
          else 'It needs a name of its own without a dot, a table, and a join of at least one column.'
        end,
        'Write it like {"name": "space", "relation": "public.spaces", "join": {"assistant.space_id": "id"}, "days": "data_retention_days"}.');
    end if;

    select jsonb_agg(jsonb_build_array(
        case when e.place is null then 0 else e.place end,
        case when e.place is null then j.key else substr(j.key, strpos(j.key, '.') + 1) end,
        j.value)
      order by j.key)
    into joins
    from jsonb_each_text(level -> 'join') j
    left join jsonb_array_elements(plain) with ordinality as e (value, place)
      on e.value ->> 'name' = split_part(j.key, '.', 1) and strpos(j.key, '.') > 0;
    select string_agg(n.description, ', ') into wrong
    from (
      select format('%I of %s', j.value ->> 1, o.relation) as description, o.relation, j.value ->> 1 as name, null as types
      from jsonb_array_elements(joins) j
      cross join lateral (
        select case j.value ->> 0 when '0' then plain_data_levels.relation else known[(j.value ->> 0)::integer] end as relation
      ) o
      union all
      select format('%I of %s', j.value ->> 2, source), source, j.value ->> 2, null from jsonb_array_elements(joins) j
      union all
      select format('%I of %s, which must be a whole number', level ->> 'days', source), source, level ->> 'days', '{int2,int4,int8}'
      where level ->> 'days' is not null
      union all
      select format('%I of %s, which must be a boolean', level ->> k.name, source), source, level ->> k.name, '{bool}'
      from unnest('{keep,enabled}'::text[]) as k (name) where level ->> k.name is not null
    ) n
    left join pg_attribute a on a.attrelid = n.relation and a.attname = n.name and a.attnum > 0 and not a.attisdropped
    left join pg_type t on t.oid = a.atttypid
    where a.attnum is null or coalesce(nullif(t.typbasetype, 0), t.oid)::regtype <> all (n.types::regtype[]);
    if wrong is not null then
      perform audit_private.refuse_data_retention(
        format('level %s names columns that aren''t there', level ->> 'name'),
        wrong,
        'A join is {"column of the table, or earlier level.column": "column of this level"}; names are case-sensitive and unquoted.');
    end if;
    known := known || source;
    plain := plain || jsonb_strip_nulls(jsonb_build_object(
      'name', level -> 'name',
      'relation', (select format('%I.%I', c.relnamespace::regnamespace::name, c.relname) from pg_class c where c.oid = source),
      'join', joins, 'days', level -> 'days', 'keep', level -> 'keep', 'enabled', level -> 'enabled'));
  end loop;
  return plain;
end
$$;
comment on function audit_private.plain_data_levels(jsonb, regclass) is 'levels checked and written out; raises WT112';
