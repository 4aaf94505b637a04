-- The receiver never gets them, and purges no longer wait for them: so each tenant is told which.
create or replace function audit.discard_dead_letters(name text, reason text, event_ids uuid[] default null)
returns bigint
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  checked_reason constant text := audit_private.check_reason(discard_dead_letters.reason);
  known constant audit_private.sink := audit_private.known_sink(discard_dead_letters.name);
  discarded bigint;
begin
  with gone as (
    delete from audit_private.dead_letter d
    where d.sink_name = known.sink_name
      and (discard_dead_letters.event_ids is null or d.event_id = any (discard_dead_letters.event_ids))
    returning d.tenant_id, d.event_id
  ),
  told as (
    select g.tenant_id, count(*) as events, (array_agg(g.event_id order by g.event_id))[:1000] as ids
    from gone g
    group by g.tenant_id
  )
  select coalesce(sum(t.events), 0) into discarded
  from told t
  cross join lateral audit_private.write_system_event(
    tenant_id => t.tenant_id,
    action => 'dead_letters_discarded',
    entity_type => 'audit_sink',
    entity_id => known.sink_name,
    description => format('%s events that sink %s refused were given up', t.events, known.sink_name),
    metadata => jsonb_build_object('reason', checked_reason, 'events', t.events, 'event_ids', t.ids)) as w (id)
  where w.id is not null;
  return discarded;
end
$$;
comment on function audit.discard_dead_letters(text, text, uuid[]) is
  'gives refused events of a sink up: those named, or all; how many; for audit_operator; raises WT021 and WT150';
grant execute on function audit.discard_dead_letters(text, text, uuid[]) to audit_operator;
