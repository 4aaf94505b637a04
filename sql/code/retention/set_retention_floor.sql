-- As set_retention, for all tenants at once: lowering waits, raising doesn't. The log's own categories may not be kept
-- shorter than a year.
create or replace function audit.set_retention_floor(category text, days integer, reason text)
returns timestamptz
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  checked_reason constant text := audit_private.check_reason(set_retention_floor.reason);
  floor constant integer := set_retention_floor.days;
  known record;
  effect_at timestamptz;
begin
  perform audit_private.lock_catalogue();
  perform audit_private.pass_gate();
  select c.category, c.is_mandatory, f.days,
    case when n.category is null then f.days else n.days end as planned_days
  into known
  from audit_private.category c
  left join audit_private.floors_in_force(clock_timestamp()) f on f.category = c.category
  left join audit_private.retention_floor n on n.category = c.category and n.takes_effect_at > clock_timestamp()
  where c.category = set_retention_floor.category;
  if known.category is null then
    raise exception using
      errcode = 'WT022',
      message = format('category %s is unknown', coalesce(quote_literal(set_retention_floor.category), 'null')),
      detail = 'A floor belongs to a category of the catalogue.',
      hint = 'select distinct category from audit.list_catalogue();';
  end if;
  if floor not between 1 and 2555 or known.is_mandatory and coalesce(floor, 0) < 365 then
    raise exception using
      errcode = 'WT110',
      message = format('the floor of category %s can''t be %s', known.category, coalesce(floor || ' days', 'removed')),
      detail = case when known.is_mandatory then 'Acts on the log itself are kept 365 to 2,555 days at least.'
        else 'A floor is 1 to 2,555 days, or null for none.' end,
      hint = 'See: select floors from audit.list_retention();';
  end if;
  if floor is not distinct from known.planned_days then
    return null;
  end if;

  select case when coalesce(floor, 0) < known.days then clock_timestamp() + o.value::integer * interval '24 hours'
    else clock_timestamp() end
  into effect_at
  from audit_private.option o
  where o.name = 'retention_delay_days';
  delete from audit_private.retention_floor f
  where f.category = known.category and f.takes_effect_at > clock_timestamp();
  insert into audit_private.retention_floor (category, takes_effect_at, days, reason, set_by)
  values (known.category, effect_at, floor, checked_reason, audit_private.recorded_by());
  perform audit_private.write_system_event(
    tenant_id => '00000000-0000-0000-0000-000000000000',
    action => 'retention_set',
    entity_type => 'audit_retention',
    entity_id => known.category,
    description => format('Events of category %s are kept %s, from %s on', known.category,
      coalesce(format('at least %s days', floor), 'as long as each tenant''s policy says'),
      to_char(effect_at, 'YYYY-MM-DD HH24:MI TZH:TZM')),
    metadata => jsonb_build_object('reason', checked_reason, 'takes_effect_at', effect_at),
    changes => jsonb_build_object('floor_days', jsonb_build_object('old', known.days, 'new', floor)));
  return effect_at;
end
$$;
comment on function audit.set_retention_floor(text, integer, text) is
  'keeps the events of a category at least that many days, whatever a tenant''s policy says; null for no floor. Returns '
  'when it takes effect, null when it changed nothing; for audit_operator; raises WT021, WT022 and WT110';
grant execute on function audit.set_retention_floor(text, integer, text) to audit_operator;
