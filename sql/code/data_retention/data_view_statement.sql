-- The resolution: each row of the table with what its levels come to, in one statement without a loop. Left joins, so
-- that a row whose parent is gone resolves by the levels that are left. Days that make no sense keep the row.
create or replace function audit_private.data_view_statement(entry audit_private.data_retention, relation regclass)
returns text
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
set quote_all_identifiers = off
as $$
  with level as (
    select l.value as entry, l.ordinality as place,
      concat_ws(' and ',
        format('l%s.', l.ordinality) || quote_ident(l.value ->> 'enabled'),
        case
          when l.value ? 'days' and l.value ? 'keep'
            then format('(l%1$s.%2$I or l%1$s.%3$I is not null)', l.ordinality, l.value ->> 'keep', l.value ->> 'days')
          when l.value ? 'keep' then format('l%s.%I', l.ordinality, l.value ->> 'keep')
          when l.value ? 'days' then format('l%s.%I is not null', l.ordinality, l.value ->> 'days')
        end) as decides
    from jsonb_array_elements(entry.levels) with ordinality l
  ),
  deciding as (
    select * from level l where l.entry ? 'days' or l.entry ? 'keep'
  )
  select audit_private.fill_template($template$select «keys», r.entity_id, r.tenant_id, r.actor_id, r."time",
  case when r.found between 1 and 2555 then r.found::integer end as days,
  case r.place «names» end as level,
  coalesce(r.found not between 1 and 2555, true) as is_kept,
  case
    when r.found not between 1 and 2555 then case r.place «days_names» end || ' is ' || r.found
    when r."time" is null then «no_time»
  end as problem,
  «group_key» as group_key
from (
  select «table_keys»,
    «entity_id» as entity_id,
    «tenant» as tenant_id, «actor» as actor_id, «time» as "time",
    case «places» end as place,
    case «founds» end::bigint as found,
    jsonb_build_array(«group»)::text as group_key
  from «relation» t
  «joins»
) r$template$,
    jsonb_build_object(
      'keys', (select string_agg('r.key_' || n, ', ' order by n) from generate_series(1, cardinality(k.names)) n),
      'table_keys', (select string_agg(format('t.%I as key_%s', c.name, c.place), ', ' order by c.place)
        from unnest(k.names) with ordinality as c (name, place)),
      'relation', entry.relation,
      'entity_id', (
        select case when e.expression like 'audit_private.captured_entity_id(%'
          then format(s.shortened, regexp_replace(e.expression, '^audit_private\.captured_entity_id\(', '('))
          else e.expression end
        from audit_private.key_expression(data_view_statement.relation, 't') as e (expression)),
      'group_key', case when g.is_short then 'r.group_key' else format(s.shortened, 'r.group_key') end,
      'tenant', coalesce('t.' || quote_ident(entry.tenant_column), 'null') || '::uuid',
      'actor', coalesce('t.' || quote_ident(entry.actor_column), 'null') || '::text',
      'time', (
        select format(case coalesce(nullif(t.typbasetype, 0), t.oid)::regtype
            when 'timestamptz'::regtype then 't.%I::timestamptz' else 't.%I::timestamp at time zone ''UTC''' end, a.attname)
        from pg_attribute a join pg_type t on t.oid = a.atttypid
        where a.attrelid = data_view_statement.relation and a.attname = entry.time_column),
      'no_time', quote_literal(format('%s has no value', entry.time_column)),
      'names', (select string_agg(format('when %s then %L', d.place, d.entry ->> 'name'), ' ' order by d.place) from deciding d),
      'days_names', (
        select string_agg(format('when %s then %L', d.place, (d.entry ->> 'days') || ' of ' || (d.entry ->> 'name')), ' ' order by d.place)
        from deciding d where d.entry ? 'days'),
      'places', (select string_agg(format('when %s then %s', d.decides, d.place), ' ' order by d.place) from deciding d),
      'founds', (
        select string_agg(
          format('when %s then %s', d.decides,
            case
              when not d.entry ? 'days' then 'null'
              when d.entry ? 'keep'
                then format('case when l%1$s.%2$I then null else l%1$s.%3$I end', d.place, d.entry ->> 'keep', d.entry ->> 'days')
              else format('l%s.%I', d.place, d.entry ->> 'days')
            end), ' ' order by d.place)
        from deciding d),
      'group', (
        select string_agg(format('l%s.%I', d.place, j.value ->> 2), ', ' order by d.place, j.ordinality)
        from deciding d cross join jsonb_array_elements(d.entry -> 'join') with ordinality j),
      'joins', (
        select string_agg(
          format('left join %s l%s on %s', l.entry ->> 'relation', l.place, (
            select string_agg(
              format('l%s.%I = %s.%I', l.place, j.value ->> 2,
                case j.value ->> 0 when '0' then 't' else 'l' || (j.value ->> 0) end, j.value ->> 1), ' and ')
            from jsonb_array_elements(l.entry -> 'join') j)), E'\n  ' order by l.place)
        from level l)))
  from (select audit_private.key_columns(data_view_statement.relation) as names) k
  cross join (
    select 'case when length(%1$s) <= 500 then %1$s else ''sha256:'' || encode(sha256(convert_to(%1$s, ''UTF8'')), ''hex'') end'
      as shortened
  ) s
  cross join (
    select bool_and(a.atttypid = any ('{int2,int4,int8,uuid}'::regtype[]::oid[])) and count(*) <= 10 as is_short
    from deciding d
    cross join jsonb_array_elements(d.entry -> 'join') j
    join pg_attribute a
      on a.attrelid = audit_private.relation_named(d.entry ->> 'relation') and a.attname = j.value ->> 2
  ) g
$$;
comment on function audit_private.data_view_statement(audit_private.data_retention, regclass) is
  'the query that resolves the days of each row of a table under data retention';
