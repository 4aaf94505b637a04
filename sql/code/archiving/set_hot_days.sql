-- As set_retention: one policy waits at most, whatever shortens waits, whatever lengthens is in force at once. Another sink
-- counts as shortening.
create or replace function audit.set_hot_days(days integer, name text, reason text, tenant_id uuid default null)
returns timestamptz
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  tenant constant uuid := audit_private.require_tenant(set_hot_days.tenant_id);
  checked_reason constant text := audit_private.check_reason(set_hot_days.reason);
  wanted_sink constant text := case when set_hot_days.days is not null then set_hot_days.name end;
  sink audit_private.sink;
  known record;
  planned record;
  effect_at timestamptz;
begin
  perform audit_private.require_read_committed();
  select s.* into sink from audit_private.sink s where s.sink_name = wanted_sink;
  if set_hot_days.days not between 1 and 2555
    or set_hot_days.days is not null and (
      sink.sink_name is null
      or not audit_private.is_whole_archive(sink)
      or tenant <> all (audit_private.sink_tenants(sink))
    )
  then
    perform audit_private.refuse_archive(
      'WT162', format('events can''t leave after %s days', set_hot_days.days),
      case
        when set_hot_days.days not between 1 and 2555 then 'It is 1 to 2,555 days, or null for as long as the retention says.'
        when sink.sink_name is null then format('There is no sink %s.', coalesce(quote_literal(set_hot_days.name), 'null'))
        when not audit_private.is_whole_archive(sink)
          then 'Only a sink of kind parquet with whole events and without a filter archives them all.'
        else 'The tenant hasn''t approved the sink.'
      end,
      'See audit.list_sinks; approve one with audit.approve_sink.');
  end if;
  perform from audit_private.tenant t where t.tenant_id = tenant for no key update;
  perform audit_private.pass_gate();
  select p.days, p.sink_name into known
  from (values (null)) v (x)
  left join lateral (
    select r.days, r.sink_name from audit_private.hot_policy r
    where r.tenant_id = tenant and r.takes_effect_at <= clock_timestamp()
    order by r.takes_effect_at desc
    limit 1
  ) p on true;
  select r.takes_effect_at, r.days, r.sink_name into planned
  from audit_private.hot_policy r
  where r.tenant_id = tenant and r.takes_effect_at > clock_timestamp();
  if (set_hot_days.days, wanted_sink) is not distinct from (
    case when planned.takes_effect_at is null then known.days else planned.days end,
    case when planned.takes_effect_at is null then known.sink_name else planned.sink_name end)
  then
    perform audit_private.release_tenant();
    return planned.takes_effect_at;
  end if;

  select case
      when set_hot_days.days is null or set_hot_days.days >= known.days and wanted_sink = known.sink_name
        then greatest(now(), (
          select max(r.takes_effect_at) + interval '1 microsecond'
          from audit_private.hot_policy r
          where r.tenant_id = tenant and r.takes_effect_at <= clock_timestamp()
        ))
      else clock_timestamp() + o.value::integer * interval '24 hours'
    end
  into effect_at
  from audit_private.option o
  where o.name = 'retention_delay_days';
  delete from audit_private.hot_policy r where r.tenant_id = tenant and r.takes_effect_at > clock_timestamp();
  insert into audit_private.hot_policy (tenant_id, takes_effect_at, days, sink_name, reason, set_by)
  values (tenant, effect_at, set_hot_days.days, wanted_sink, checked_reason, audit_private.recorded_by());
  perform audit_private.write_system_event(
    tenant_id => tenant,
    action => 'hot_days_set',
    entity_type => 'audit_retention',
    entity_id => null,
    description => format('Archived events stay in the database %s, from %s on',
      coalesce(set_hot_days.days || ' days', 'as long as the retention says'),
      to_char(effect_at, 'YYYY-MM-DD HH24:MI TZH:TZM')),
    metadata => jsonb_build_object('reason', checked_reason, 'takes_effect_at', effect_at),
    changes => jsonb_build_object(
      'hot_days', jsonb_build_object('old', known.days, 'new', set_hot_days.days),
      'sink', jsonb_build_object('old', known.sink_name, 'new', wanted_sink)));
  perform audit_private.release_tenant();
  return effect_at;
end
$$;
comment on function audit.set_hot_days(integer, text, text, uuid) is
  'lets a tenant''s events leave the database after that many days, once a sink has archived them; null keeps them as long as '
  'the retention says. Returns when it takes effect: at once, or for a shorter one after the option retention_delay_days; null '
  'when it changed nothing. For audit_admin; raises WT021 and WT162';
grant execute on function audit.set_hot_days(integer, text, text, uuid) to audit_admin;
