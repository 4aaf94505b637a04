create or replace function audit_private.check_toggles(toggles jsonb)
returns void
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  unknown text;
begin
  select string_agg(p.problem, '; ' order by p.problem) into unknown
  from (
    select 'the toggles are not an object' as problem
    where jsonb_typeof(check_toggles.toggles) is distinct from 'object'
    union all
    select format('unknown key %s', k.key)
    from jsonb_object_keys(
      case jsonb_typeof(check_toggles.toggles) when 'object' then check_toggles.toggles else '{}' end) as k (key)
    where k.key not in ('logging', 'categories', 'actions')
    union all
    select 'logging is neither true nor false'
    where check_toggles.toggles ? 'logging'
      and jsonb_typeof(check_toggles.toggles -> 'logging') <> 'boolean'
    union all
    select format('%s is not an object', part.name)
    from unnest('{categories,actions}'::text[]) as part (name)
    where check_toggles.toggles ? part.name
      and jsonb_typeof(check_toggles.toggles -> part.name) <> 'object'
    union all
    select format('%s is neither true, false nor null', v.key)
    from unnest('{categories,actions}'::text[]) as part (name)
    cross join lateral jsonb_each(
      case jsonb_typeof(check_toggles.toggles -> part.name)
        when 'object' then check_toggles.toggles -> part.name else '{}' end) as v
    where jsonb_typeof(v.value) not in ('boolean', 'null')
  ) p;
  if unknown is not null then
    raise exception using
      errcode = 'WT020',
      message = 'the toggles are not valid',
      detail = unknown,
      hint = 'For example: {"logging": true, "categories": {"user_actions": false}, "actions": {"user_created": null}}';
  end if;

  select string_agg(g.key, ', ' order by g.key) into unknown
  from jsonb_object_keys(coalesce(check_toggles.toggles -> 'categories', '{}')) as g (key)
  where not exists (select from audit_private.category c where c.category = g.key);
  if unknown is not null then
    raise exception using
      errcode = 'WT022',
      message = format('unknown category: %L', unknown),
      detail = 'Only categories of the catalogue can be turned.',
      hint = 'select code from audit.list_catalogue() where kind = ''category'';';
  end if;

  select string_agg(o.key, ', ' order by o.key) into unknown
  from jsonb_object_keys(coalesce(check_toggles.toggles -> 'actions', '{}')) as o (key)
  where not exists (select from audit_private.action a where a.action = o.key and a.retired_at is null);
  if unknown is not null then
    raise exception using
      errcode = 'WT010',
      message = format('unknown or retired action: %L', unknown),
      detail = 'Only actions of the catalogue can be turned.',
      hint = 'select code from audit.list_catalogue() where kind = ''action'';';
  end if;

  select string_agg(m.code, ', ' order by m.code) into unknown
  from (
    select c.category as code from audit_private.category c
    where c.is_mandatory and check_toggles.toggles -> 'categories' ? c.category
    union all
    select a.action from audit_private.action a join audit_private.category c using (category)
    where c.is_mandatory and check_toggles.toggles -> 'actions' ? a.action
  ) m;
  if unknown is not null then
    raise exception using
      errcode = 'WT020',
      message = format('%s can''t be turned: always logged', unknown),
      detail = 'Acts on the log itself are mandatory events; no toggle reaches them.',
      hint = 'Leave them out.';
  end if;
end
$$;
comment on function audit_private.check_toggles(jsonb) is 'raises unless the toggles are well formed, known and can be turned';
