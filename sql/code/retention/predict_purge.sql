set local role audit_keeper;
-- The first step of a run: a receipt for each tenant with what the run sets out to remove, and the partitions in which
-- that is, each with the text of its gate and its counts: a step whose gate says the same, of a partition to which nothing
-- has come, needn't count anew. A retired tenant of which nothing is left has had its last receipt.
--
-- A clock that jumps ahead would make everything expire at once. So a run that finds the log silent for a month, with
-- neither a run of any job nor an event recorded, removes nothing and says so. What happened in the last days doesn't
-- count, since it may have come after the jump; the silence is over with the run's own receipt, and a day later the next
-- one takes the clock's word.
create or replace function audit_private.predict_purge(run_id uuid)
returns text
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
  run constant audit_private.job_run := (
    select r from audit_private.job_run r where r.run_id = predict_purge.run_id);
  refusal constant text := case
    when exists (
        select from audit_private.job_run r where r.started_at < run.started_at - interval '31 days'
      )
      and not exists (
        select from audit_private.job_run r
        where r.started_at between run.started_at - interval '31 days'
          and run.started_at - case r.job_name when 'purge_events' then interval '20 hours' else interval '3 days' end
      )
      and not exists (
        select from audit_private.event e
        where e.occurred_at between run.started_at - interval '31 days' and run.started_at - interval '3 days'
          and e.recorded_at between run.started_at - interval '31 days' and run.started_at - interval '3 days'
      )
    then format('nothing was removed: the clock says %s, and nothing has happened for 31 days before', run.started_at)
    when exists (
        select from audit_private.sealing s where (s.sealed_at > run.started_at - interval '1 hour') is not true
      )
    then 'nothing was removed: only what is sealed can be, and seal_events has not succeeded for an hour'
  end;
begin
  perform audit_private.require_read_committed();
  with counted as materialized (
    select p.partition_name, p.from_time, p.until_time, c.*
    from audit_private.expired_partitions(run.started_at) p
    cross join lateral audit_private.count_due(p.partition_name, p.until_time, run.started_at) c
    where refusal is null
  ),
  work as (
    select c.partition_name, c.from_time, jsonb_build_object(
      'name', c.partition_name,
      'since', c.from_time,
      'until', c.until_time,
      'gate', md5(audit_private.deletion_gate(c.partition_name, c.until_time, run.started_at)),
      'counts', jsonb_agg(to_jsonb(c) - '{partition_name,from_time,until_time}'::text[] order by c.tenant_id)) as task
    from counted c
    group by c.partition_name, c.from_time, c.until_time
    having sum(c.due) > 0
  ),
  noted as (
    select audit_private.note_place(predict_purge.run_id, jsonb_build_object(
      'horizon', i.transaction_offset + pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
      'partitions', coalesce((select jsonb_agg(w.task order by w.from_time) from work w), '[]')))
    from audit_private.instance i
  ),
  summed as (
    select c.tenant_id, sum(c.due) as due,
      sum(c.kept_by_floor) filter (where w.partition_name is null) as kept_by_floor,
      sum(c.kept_by_hold) filter (where w.partition_name is null) as kept_by_hold,
      sum(c.kept_by_sink) filter (where w.partition_name is null) as kept_by_sink
    from counted c
    left join work w on w.partition_name = c.partition_name
    group by c.tenant_id
  )
  insert into audit_private.purge_receipt (
    tenant_id, run_id, days, is_exact, cutoff, predicted, kept_by_floor, kept_by_hold, kept_by_sink, hot_days, hot_cutoff, error
  )
  select p.tenant_id, run.run_id, p.days, p.is_exact, run.started_at - p.days * interval '24 hours', coalesce(s.due, 0),
    coalesce(s.kept_by_floor, 0), coalesce(s.kept_by_hold, 0), coalesce(s.kept_by_sink, 0),
    h.days, run.started_at - h.days * interval '24 hours', refusal
  from audit_private.policies_in_force(run.started_at) p
  cross join noted
  join audit_private.tenant t on t.tenant_id = p.tenant_id
  left join summed s on s.tenant_id = p.tenant_id
  left join audit_private.hot_policies_in_force(run.started_at) h on h.tenant_id = p.tenant_id
  where t.retired_at is null
    or s.tenant_id is not null
    or not exists (select from audit_private.purge_receipt l where l.tenant_id = p.tenant_id and l.is_last);
  return refusal;
end
$$;
comment on function audit_private.predict_purge(uuid) is
  'gives each tenant its receipt with what a purge sets out to remove; returns why it removes nothing, if it refuses';
grant execute on function audit_private.predict_purge(uuid) to audit_operator;
