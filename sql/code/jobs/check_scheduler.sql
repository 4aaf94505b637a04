-- pg_cron runs a job as whoever schedules it, so it has to be somebody who can log in.
create or replace function audit_private.check_scheduler(role name)
returns void
language plpgsql
volatile
parallel restricted
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  place constant name := audit_private.scheduler_database();
begin
  if place is null then
    perform audit_private.refuse_scheduling(
      'pg_cron does not run on this server',
      'Nothing here can call jobs at their times.',
      'Have something else do it, as a login that is a member of audit_operator: pgwitness jobs serve, '
        'or pgwitness jobs run from cron or systemd. With pg_cron: put it into shared_preload_libraries, and cron.database_name = '
        || quote_literal(current_database()) || '.');
  elsif place <> current_database() then
    perform audit_private.refuse_scheduling(
      format('pg_cron keeps its jobs in database %I', place),
      format('Jobs for database %I are scheduled there, by an administrator.', current_database()),
      format('In database %I: ', place) || (
        select string_agg(
          format('select cron.schedule_in_database(%L, %L, %L, %L, %L);',
            format('pgwitness: %s in %s', d.job_name, current_database()), d.cron, d.command, current_database(),
            check_scheduler.role),
          ' ' order by d.job_name)
        from audit_private.job_definitions() d));
  elsif not exists (select from pg_extension e where e.extname = 'pg_cron') then
    perform audit_private.refuse_scheduling(
      format('pg_cron is not installed in database %I', current_database()),
      'It runs on this server, for this database.',
      format('As an administrator: create extension pg_cron; grant usage on schema cron to %I;', check_scheduler.role));
  elsif not has_schema_privilege(check_scheduler.role, 'cron', 'usage') then
    perform audit_private.refuse_scheduling(
      format('role %I may not use pg_cron', check_scheduler.role),
      'It has no right to schema cron.',
      format('As an administrator: grant usage on schema cron to %I;', check_scheduler.role));
  elsif not (select r.rolcanlogin from pg_roles r where r.rolname = check_scheduler.role) then
    perform audit_private.refuse_scheduling(
      format('role %I can''t log in', check_scheduler.role),
      'pg_cron runs jobs as the role that schedules them.',
      'Schedule them as a login that is a member of audit_operator: reset role;');
  end if;
end
$$;
comment on function audit_private.check_scheduler(name) is 'raises WT114 unless the role can schedule jobs with pg_cron here';
grant execute on function audit_private.check_scheduler(name) to audit_operator;
