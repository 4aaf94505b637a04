-- What schedule_jobs and unschedule_jobs do with their caller's rights, to be remembered and logged. Each role has its
-- own jobs with pg_cron; a superuser takes away everybody's.
create or replace function audit_private.note_schedule(role name, is_scheduled boolean, reason text default null)
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  checked_reason constant text := case when not is_scheduled then audit_private.check_reason(note_schedule.reason) end;
  before jsonb;
  changed jsonb;
begin
  perform audit_private.lock_catalogue();
  select coalesce(jsonb_object_agg(format('%s as %I', s.job_name, s.scheduled_by), s.schedule), '{}') into before
  from audit_private.job_schedule s;
  if note_schedule.is_scheduled then
    insert into audit_private.job_schedule as s (job_name, schedule, scheduled_by)
    select d.job_name, d.cron, note_schedule.role from audit_private.job_definitions() d
    on conflict (job_name, scheduled_by) do update
    set schedule = excluded.schedule, scheduled_at = clock_timestamp()
    where s.schedule <> excluded.schedule;
  else
    delete from audit_private.job_schedule s
    where s.scheduled_by = note_schedule.role or (select r.rolsuper from pg_roles r where r.rolname = note_schedule.role);
  end if;
  select jsonb_object_agg(key, jsonb_build_object('old', b.value, 'new', a.value)) into changed
  from jsonb_each(before) b
  full join (
    select format('%s as %I', s.job_name, s.scheduled_by) as key, to_jsonb(s.schedule) as value
    from audit_private.job_schedule s
  ) a using (key)
  where a.value is distinct from b.value;
  if changed is null then
    return;
  end if;
  perform audit_private.write_system_event(
    tenant_id => '00000000-0000-0000-0000-000000000000',
    action => case when note_schedule.is_scheduled then 'jobs_scheduled' else 'jobs_unscheduled' end,
    entity_type => 'audit_job',
    entity_id => 'pg_cron',
    description => format('Jobs %s by %I', case when note_schedule.is_scheduled then 'handed to pg_cron' else 'taken from pg_cron' end,
      note_schedule.role),
    metadata => jsonb_strip_nulls(jsonb_build_object('reason', checked_reason)),
    changes => changed);
end
$$;
comment on function audit_private.note_schedule(name, boolean, text) is 'remembers and logs which jobs a role has handed to pg_cron, or taken from it';
grant execute on function audit_private.note_schedule(name, boolean, text) to audit_operator;
