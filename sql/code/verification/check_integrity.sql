set local role audit_finder;
-- What is sealed late can be forged until it is. Transactions that are still under way aren't late, whatever their events'
-- times: nobody sees those yet. Nor is what a long one has committed since the last run.
create or replace function audit_private.check_integrity()
returns table (check_name text, state text, detail text, hint text)
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
set enable_seqscan = off
as $$
declare
  sealing audit_private.sealing;
  oldest timestamptz;
begin
  select s.* into sealing from audit_private.sealing s;
  execute format('select min(e.recorded_at) from audit_private.event e where %s',
    audit_private.unsealed_condition(sealing))
  into oldest;
  return query
  select 'events_sealed',
    case when late.than < interval '5 minutes' then 'ok' when late.than < interval '1 hour' then 'warning' else 'error' end,
    case when oldest is null then 'every event is sealed'
      else format('the oldest event that is not sealed was written at %s', date_trunc('second', oldest)) end
      || coalesce('; seal_events last ran at ' || date_trunc('second', sealing.sealed_at), '; seal_events has never run'),
    case when late.than >= interval '5 minutes' then 'call audit.seal_events();' end
  from (
    select case when oldest is null then interval '0' else clock_timestamp() - greatest(oldest, sealing.sealed_at) end as than
  ) late;

  return query
  select 'restore_accepted',
    case when r.is_barred then 'error' else 'ok' end,
    case when r.is_barred
      then 'the log was restored, and nobody has accepted that: nothing is removed until then'
      else 'the log goes on where it was, or a restore was accepted' end,
    case when r.is_barred
      then 'pgwitness restore-check with the last checkpoint, then: '
        'select audit.accept_restore(reason => ''restored from the backup of …'');' end
  from audit_private.is_removal_barred() as r (is_barred);
end
$$;
comment on function audit_private.check_integrity() is 'the health checks of sealing';
grant execute on function audit_private.check_integrity() to audit_owner;
