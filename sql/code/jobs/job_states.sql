-- What is known of each job from its runs. A run that begins in the future was written by a clock that has been set
-- back since: counting it would keep the job from running until then.
--
-- A run whose server process is gone was killed; begin_run says so when it comes to it, and until then this does.
-- When a process began is shown to its own role only, so one that has taken the number of another is told apart only
-- where it can be.
create or replace function audit_private.job_states()
returns table (
  job_name text,
  every interval,
  last_slot timestamptz,
  last_started_at timestamptz,
  last_finished_at timestamptz,
  last_step_at timestamptz,
  last_succeeded_at timestamptz,
  result text,
  detail text,
  run_by text,
  is_due boolean
)
language sql
volatile
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select s.job_name, s.every, s.last_slot, r.started_at, r.finished_at, r.last_step_at, g.last_succeeded_at,
    case when a.is_dead then 'interrupted' else r.result end,
    case when a.is_dead then format('its server process %s is gone', r.process_id) else r.detail end,
    r.run_by, r.started_at is null or r.started_at < s.last_slot and (r.result <> 'running' or a.is_dead)
  from audit_private.job_slots() s
  left join lateral (
    select * from audit_private.job_run j
    where j.job_name = s.job_name and j.started_at <= clock_timestamp()
    order by j.started_at desc
    limit 1
  ) r on true
  cross join lateral (
    select r.result = 'running' and not exists (
      select from pg_stat_activity p where p.pid = r.process_id and (p.backend_start > r.started_at) is not true
    ) as is_dead
  ) a
  cross join lateral (
    select max(j.started_at) as last_succeeded_at from audit_private.job_run j
    where j.job_name = s.job_name and j.result = 'succeeded' and j.started_at <= clock_timestamp()
  ) g
$$;
comment on function audit_private.job_states() is 'each job''s last run and last success, and whether it is due';
