-- Two days late is an alarm: a purge that was missed, or one that doesn't do what it says. What is due is asked anew
-- here, of the gate itself, so that a receipt that lies is found out.
create or replace function audit_private.check_retention()
returns table (check_name text, state text, detail text, hint text)
language sql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select 'expired_events_removed',
    case when count(*) = 0 then 'ok' else 'error' end,
    case when count(*) = 0 then 'no event that should have been removed stays'
      else 'should have been removed two days ago: ' || string_agg(
        format('%s events of %s (%s)', o.due, o.name, o.tenant_id), ', ' order by o.name, o.tenant_id) end,
    case when count(*) > 0 then 'call audit.purge_events();' end
  from (
    select t.tenant_id, t.name, sum(c.due) as due
    from audit_private.expired_partitions(now() - interval '2 days') p
    cross join lateral audit_private.count_due(
      p.partition_name, p.until_time, now() - interval '2 days', includes_unsealed => true) c
    join audit_private.tenant t on t.tenant_id = c.tenant_id
    where c.due > 0
    group by t.tenant_id, t.name
  ) o
  union all
  select 'purge_kept_its_word',
    case when count(*) filter (where r.error is not null) = 0 then 'ok' else 'warning' end,
    coalesce(
      'the last purge left events: ' || string_agg(
        format('%s of %s (%s): %s', r.predicted - r.removed, t.name, t.tenant_id, r.error), '; ' order by t.name)
        filter (where r.error is not null),
      'the last purge removed all that it set out to'),
    case when count(*) filter (where r.error is not null) > 0 then 'call audit.purge_events();' end
  from audit_private.purge_receipt r
  join audit_private.tenant t on t.tenant_id = r.tenant_id
  where r.run_id = (
    select j.run_id from audit_private.job_run j
    where j.job_name = 'purge_events' and j.result <> 'running'
    order by j.started_at desc
    limit 1
  )
$$;
comment on function audit_private.check_retention() is
  'the checks of retention: expired events are gone, and the last purge removed what it set out to';
