-- One run of a job at a time: the unique index on running ones decides between two that begin together. A run whose
-- server process is gone was killed, and ends here. Process numbers come round, so one that has not taken a step
-- for an hour is taken for dead as well, such as one that was cancelled in a session that stays; should it live, its steps
-- and those of the new run still exclude each other. The key of a row that a dead one had come to is kept no longer.
create or replace function audit_private.begin_run(job_name text, process_id integer)
returns uuid
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  begun uuid;
begin
  update audit_private.job_run r
  set result = 'interrupted',
    finished_at = clock_timestamp(),
    place = r.place - 'after',
    detail = format('its server process %s ended after the step of %s', r.process_id, r.last_step_at)
  where r.job_name = begin_run.job_name
    and r.result = 'running'
    and (
      r.last_step_at < clock_timestamp() - interval '1 hour'
      or r.process_id = begin_run.process_id
      or not exists (select from pg_stat_activity a where a.pid = r.process_id)
    );
  insert into audit_private.job_run (job_name, process_id, run_by)
  values (begin_run.job_name, begin_run.process_id, audit_private.recorded_by())
  on conflict do nothing
  returning run_id into begun;
  if begun is null then
    raise notice '% is running already', begin_run.job_name;
  end if;
  return begun;
end
$$;
comment on function audit_private.begin_run(text, integer) is
  'begins a run of a job; null when one is under way; the first step of each job''s procedure';
grant execute on function audit_private.begin_run(text, integer) to audit_operator;
