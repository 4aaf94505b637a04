create or replace function audit_private.note_step(run_id uuid)
returns void
language sql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
  update audit_private.job_run r
  set last_step_at = clock_timestamp()
  where r.run_id = note_step.run_id and r.result = 'running'
$$;
comment on function audit_private.note_step(uuid) is 'a run lives';
grant execute on function audit_private.note_step(uuid) to audit_operator;
