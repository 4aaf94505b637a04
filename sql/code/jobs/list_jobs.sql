-- From our own runs: those that pg_cron keeps can be deleted by the jobs' owner.
create or replace function audit.list_jobs()
returns table (
  job_name text,
  description text,
  schedule text,
  scheduler text,
  next_run_at timestamptz,
  last_started_at timestamptz,
  last_finished_at timestamptz,
  duration interval,
  result text,
  detail text,
  run_by text
)
language sql
volatile
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select d.job_name, d.description, d.cron, case when exists (
      select from audit_private.job_schedule c where c.job_name = d.job_name
    ) then 'pg_cron' end, l.next_run_at,
    s.last_started_at, s.last_finished_at, coalesce(s.last_finished_at, s.last_step_at) - s.last_started_at,
    s.result, s.detail, s.run_by
  from audit_private.job_definitions() d
  join audit_private.job_slots() l using (job_name)
  join audit_private.job_states() s using (job_name)
  order by d.at_time, d.job_name
$$;
comment on function audit.list_jobs() is
  'the jobs, when they run (UTC), who was told to run them, and how the last run of each ended (running, succeeded, '
  'failed or interrupted; null when there was none); for audit_operator and audit_auditor';
grant execute on function audit.list_jobs() to audit_operator, audit_auditor;
