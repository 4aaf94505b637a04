-- It runs every minute, mostly for nothing: a run that had nothing to do gives its row to the next one.
create or replace function audit_private.begin_exports(process_id integer)
returns uuid
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  begun uuid;
begin
  begin
    update audit_private.job_run r
    set result = 'running',
      started_at = clock_timestamp(),
      last_step_at = clock_timestamp(),
      finished_at = null,
      detail = null,
      process_id = begin_exports.process_id,
      run_by = audit_private.recorded_by()
    where r.run_id = (
      select i.run_id
      from audit_private.job_run i
      where i.job_name = 'run_exports' and i.result = 'succeeded' and i.detail = 'nothing to do'
      order by i.started_at desc
      limit 1
    )
    and r.result = 'succeeded'
    returning r.run_id into begun;
  exception when unique_violation then
    begun := null;
  end;
  return coalesce(begun, audit_private.begin_run('run_exports', begin_exports.process_id));
end
$$;
comment on function audit_private.begin_exports(integer) is
  'begins a run of run_exports; null when one is under way; its first step';
grant execute on function audit_private.begin_exports(integer) to audit_operator;
