-- The texts are columns, of the view and of what the job reads alike.
create or replace function audit_private.export_condition(filter jsonb)
returns text
language sql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
set datestyle = 'ISO, YMD'
as $$
  select concat_ws(' and ',
    '(' || audit_private.filter_condition(export_condition.filter - '{search,actor}'::text[]) || ')',
    (
      select string_agg(
        format('coalesce(e.%I ilike %L, false)',
          case k.key when 'search' then 'search_text' else 'actor_text' end, audit_private.search_pattern(k.key, k.value)),
        ' and ')
      from jsonb_each(export_condition.filter) as k (key, value)
      where k.key in ('search', 'actor')
    ))
$$;
comment on function audit_private.export_condition(jsonb) is
  'what filter_condition says, as a condition on exportable_event e';
