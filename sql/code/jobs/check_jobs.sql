-- The second of these is a dead man's switch: it asks what has run, not what was scheduled, so that a scheduler which
-- died, lost its jobs or runs somewhere else is found out whatever it says of itself.
create or replace function audit_private.check_jobs()
returns table (check_name text, state text, detail text, hint text)
language sql
volatile
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  with job as (
    select s.*, i.installed_at, coalesce(s.last_succeeded_at, i.installed_at) as counted_from
    from audit_private.job_states() s
    cross join (select max(n.installed_at) as installed_at from audit_private.installation n) i
  )
  select 'jobs_scheduled', coalesce(min(p.state), 'ok'),
    coalesce(string_agg(p.problem, '; ' order by p.state, p.problem), 'something runs each job, or pg_cron has been told to'),
    string_agg(distinct p.hint, E'\n')
  from (
    select 'warning' as state, 'nothing has run, and pg_cron has not been told to: ' || string_agg(j.job_name, ', ' order by j.job_name)
        as problem,
      'select * from audit.schedule_jobs(); or, without pg_cron: pgwitness jobs serve' as hint
    from job j
    where j.last_started_at is null
      and not exists (select from audit_private.job_schedule c where c.job_name = j.job_name)
    having count(*) > 0
    union all
    select 'error', 'pg_cron has been told to run the jobs, and does not run here', 'Start it, or: select audit.unschedule_jobs(reason => ''…'');'
    where exists (select from audit_private.job_schedule)
      and (audit_private.scheduler_database() is distinct from current_database()
        or not exists (select from pg_stat_activity a where a.application_name = 'pg_cron scheduler'))
    union all
    select 'error', format('pg_cron runs jobs as %I, which can''t log in or is no member of audit_operator', c.scheduled_by),
      format('grant audit_operator to %1$I; alter role %1$I login;', c.scheduled_by)
    from (select distinct k.scheduled_by from audit_private.job_schedule k) c
    where not exists (
      select from pg_roles r
      where r.rolname = c.scheduled_by and r.rolcanlogin and pg_has_role(r.oid, 'audit_operator', 'usage')
    )
    union all
    select 'warning', format('the options say another time than pg_cron was told: %s', string_agg(c.job_name, ', ' order by c.job_name)),
      format('set role %I; select * from audit.schedule_jobs(); reset role;', c.scheduled_by)
    from audit_private.job_schedule c
    join audit_private.job_definitions() d on d.job_name = c.job_name and d.cron <> c.schedule
    group by c.scheduled_by
    union all
    select 'warning', 'pg_cron runs the jobs more than once, as: ' || string_agg(distinct quote_ident(c.scheduled_by), ', '),
      format('set role %s; select audit.unschedule_jobs(reason => ''…''); reset role;', quote_ident(min(c.scheduled_by)))
    from audit_private.job_schedule c
    having count(distinct c.scheduled_by) > 1
  ) p
  union all
  select 'jobs_on_time', coalesce(min(p.state), 'ok'),
    coalesce(string_agg(p.problem, '; ' order by p.state, p.problem), 'each job has succeeded when it should have'),
    case when count(p.state) > 0 then 'call audit.run_jobs(); then find out why nothing did: select * from audit.list_jobs();' end
  from (
    select 'error' as state,
      format('%s %s', j.job_name,
        coalesce('has not succeeded since ' || date_trunc('second', j.last_succeeded_at), 'has never succeeded')) as problem
    from job j
    where j.counted_from < clock_timestamp() - greatest(2 * j.every, interval '15 minutes')
      and (j.result = 'running' and j.every < interval '1 hour') is not true
    union all
    select 'warning', format('%s has not begun since it should have at %s', j.job_name, j.last_slot)
    from job j
    where j.is_due and j.counted_from >= clock_timestamp() - 2 * j.every
      and j.last_slot between j.installed_at and clock_timestamp() - greatest(least(j.every, interval '1 hour'), interval '5 minutes')
  ) p
  union all
  select 'jobs_succeeded', case when count(*) = 0 then 'ok' when bool_or(j.result = 'failed') then 'error' else 'warning' end,
    case when count(*) = 0 then 'the last run of each job succeeded, or is under way'
      else string_agg(
        case
          when j.result = 'running' then format('%s has not taken a step since %s', j.job_name, date_trunc('second', j.last_step_at))
          else format('%s, begun at %s, was %s: %s', j.job_name, date_trunc('second', j.last_started_at),
            case j.result when 'failed' then 'not successful' else j.result end, j.detail)
        end, '; ' order by j.job_name) end,
    case when count(*) > 0 then 'select * from audit.list_jobs(); then, once the cause is mended: '
      || string_agg(format('call audit.%I();', j.job_name), ' ' order by j.job_name) end
  from job j
  where j.result in ('failed', 'interrupted')
    or j.result = 'running' and j.last_step_at < clock_timestamp() - interval '1 hour'
$$;
comment on function audit_private.check_jobs() is 'the health checks of jobs';
