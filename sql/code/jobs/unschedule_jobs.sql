-- With its caller's rights, as schedule_jobs. pg_cron shows a role its own jobs only, and a superuser all of them. Where
-- pg_cron has gone, what it was told is forgotten all the same.
create or replace function audit.unschedule_jobs(reason text)
returns integer
language plpgsql
volatile
parallel unsafe
set search_path = pg_catalog, pg_temp
as $$
declare
  scheduler constant name := 'cron';
  removed integer := 0;
begin
  perform audit_private.note_schedule(current_user, is_scheduled => false, reason => reason);
  if exists (select from pg_extension e where e.extname = 'pg_cron') then
    execute format(
      'select count(%1$I.unschedule(j.jobid)) from %1$I.job j '
      'where starts_with(j.jobname, ''pgwitness: '') and j.database = current_database()', scheduler)
    into removed;
  end if;
  return removed;
end
$$;
comment on function audit.unschedule_jobs(text) is
  'takes the jobs that the current role has handed to pg_cron back, and says how many; a superuser takes everybody''s; '
  'as schedule_jobs';
grant execute on function audit.unschedule_jobs(text) to audit_operator;
