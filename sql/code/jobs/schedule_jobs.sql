-- With its caller's rights: pg_cron runs a job as the role that schedules it. It knows a job by its name and that role,
-- so that doing this again changes times and adds nothing. Its schema is named in a variable, since nobody has to have it.
create or replace function audit.schedule_jobs()
returns table (job_name text, schedule text, command text)
language plpgsql
volatile
parallel unsafe
set search_path = pg_catalog, pg_temp
as $$
declare
  scheduler constant name := 'cron';
begin
  perform audit_private.check_scheduler(current_user);
  perform audit_private.note_schedule(current_user, is_scheduled => true);
  return query execute format(
    'select d.job_name, d.cron, d.command '
    'from (select o.*, %I.schedule(''pgwitness: '' || o.job_name, o.cron, o.command) from audit_private.job_definitions() o) d '
    'order by d.job_name', scheduler);
end
$$;
comment on function audit.schedule_jobs() is
  'has pg_cron run the jobs as the current role, at the times that the options say; run it again after changing those; '
  'raises WT114, whose hint says what else to do; for a login in audit_operator with usage on schema cron';
grant execute on function audit.schedule_jobs() to audit_operator;
