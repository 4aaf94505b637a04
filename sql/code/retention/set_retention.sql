-- One policy waits at most; a later call replaces it. Whatever shortens waits, so that one hurried administrator can't
-- erase history tonight; whatever lengthens, and whatever else, is in force at once.
--
-- The tenant's row is locked before anything is read, so that of two administrators the second sees what the first
-- has done. A policy takes effect after every other that has, also when its transaction began earlier.
create or replace function audit.set_retention(
  days integer,
  reason text,
  is_exact boolean default null,
  tenant_id uuid default null
)
returns timestamptz
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  tenant constant uuid := audit_private.require_tenant(set_retention.tenant_id);
  checked_reason constant text := audit_private.check_reason(set_retention.reason);
  known record;
  wanted record;
begin
  perform audit_private.require_read_committed();
  if set_retention.days not between 1 and 2555 then
    raise exception using
      errcode = 'WT110',
      message = format('retention can''t be %s days', set_retention.days),
      detail = 'It is 1 to 2,555 days, or null for ever.',
      hint = 'select audit.set_retention(days => 730, reason => ''…'');';
  end if;
  perform from audit_private.tenant t where t.tenant_id = tenant for no key update;
  perform audit_private.pass_gate();
  select p.days, p.is_exact, n.takes_effect_at as next_takes_effect_at,
    case when n.tenant_id is null then p.days else n.days end as planned_days,
    coalesce(n.is_exact, p.is_exact) as planned_is_exact
  into known
  from audit_private.policies_in_force(clock_timestamp()) p
  left join audit_private.retention_policy n on n.tenant_id = p.tenant_id and n.takes_effect_at > clock_timestamp()
  where p.tenant_id = tenant;
  select set_retention.days as days,
    coalesce(set_retention.is_exact, known.planned_is_exact) as is_exact,
    case
      when set_retention.days < coalesce(known.days, 2556)
        then clock_timestamp() + o.value::integer * interval '24 hours'
      else greatest(now(), (
        select max(p.takes_effect_at) + interval '1 microsecond'
        from audit_private.retention_policy p
        where p.tenant_id = tenant and p.takes_effect_at <= clock_timestamp()
      ))
    end as takes_effect_at
  into wanted
  from audit_private.option o
  where o.name = 'retention_delay_days';
  if (wanted.days, wanted.is_exact) is not distinct from (known.planned_days, known.planned_is_exact) then
    perform audit_private.release_tenant();
    return known.next_takes_effect_at;
  end if;

  delete from audit_private.retention_policy p
  where p.tenant_id = tenant and p.takes_effect_at > clock_timestamp();
  insert into audit_private.retention_policy (tenant_id, takes_effect_at, days, is_exact, reason, set_by)
  select tenant, wanted.takes_effect_at, wanted.days, wanted.is_exact, checked_reason, audit_private.recorded_by();
  perform audit_private.write_system_event(
    tenant_id => tenant,
    action => 'retention_set',
    entity_type => 'audit_retention',
    entity_id => null,
    description => format('Events are kept %s, from %s on',
      coalesce(wanted.days || ' days', 'for ever'), to_char(wanted.takes_effect_at, 'YYYY-MM-DD HH24:MI TZH:TZM')),
    metadata => jsonb_build_object('reason', checked_reason, 'takes_effect_at', wanted.takes_effect_at),
    changes => jsonb_build_object(
      'days', jsonb_build_object('old', known.days, 'new', wanted.days),
      'is_exact', jsonb_build_object('old', known.is_exact, 'new', wanted.is_exact)));
  perform audit_private.release_tenant();
  return wanted.takes_effect_at;
end
$$;
comment on function audit.set_retention(integer, text, boolean, uuid) is
  'keeps a tenant''s events that many days, null for ever; exact removes them the night after they expire instead of '
  'with their partition. Returns when it takes effect: at once, or for a shorter one after the option '
  'retention_delay_days; null when it changed nothing. For audit_admin; raises WT021 and WT110';
grant execute on function audit.set_retention(integer, text, boolean, uuid) to audit_admin;
