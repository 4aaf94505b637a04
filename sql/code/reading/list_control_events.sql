set local role audit_finder;
-- The envelope alone, without a word of payload, and only of acts on the log itself: that is why an
-- auditor sees it for every tenant and without a session. It belongs to the finder, whom no tenant
-- wall stops.
create or replace function audit.list_control_events(
  from_time timestamptz default null,
  to_time timestamptz default null
)
returns table (
  tenant_id uuid,
  occurred_at timestamptz,
  id uuid,
  recorded_at timestamptz,
  sequence bigint,
  transaction_id bigint,
  source text,
  action text,
  entity_type text,
  actor_type text,
  outcome text,
  recorded_by text
)
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
set datestyle = 'ISO, YMD'
as $$
declare
  mandatory constant text[] := array(
    select a.action
    from audit_private.action a
    join audit_private.category c on c.category = a.category
    where c.is_mandatory
  );
  all_retained_since constant timestamptz := (
    select max(audit_private.retention_cutoff(t.tenant_id)) from audit_private.policies_in_force(now()) t
  );
  span record;
begin
  for span in
    select greatest(w.window_from, list_control_events.from_time) as from_time,
      least(w.window_until, list_control_events.to_time) as until_time
    from audit_private.event_windows(list_control_events.from_time, list_control_events.to_time) w
  loop
    return query execute format(
      'select e.tenant_id, e.occurred_at, e.id, e.recorded_at, e.sequence, e.transaction_id, e.source, e.action,
        e.entity_type, e.actor_type, e.outcome, e.recorded_by
      from audit_private.event e
      where e.action = any ($1)
        and e.occurred_at >= %L::timestamptz
        and e.occurred_at < %L::timestamptz
        and (e.occurred_at >= %L::timestamptz or audit_private.is_retained(
          e.tenant_id, e.occurred_at, e.id, e.source, e.action, e.entity_type, e.actor_type, e.outcome, e.actor_id,
          e.entity_id))
      order by e.occurred_at desc, e.id desc',
      span.from_time, span.until_time, all_retained_since)
    using mandatory;
  end loop;
end
$$;
comment on function audit.list_control_events(timestamptz, timestamptz) is
  'The envelopes of mandatory events of all tenants, newest first, from inclusive, to exclusive';
grant execute on function audit.list_control_events(timestamptz, timestamptz) to audit_auditor;
