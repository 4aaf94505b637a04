create or replace function audit_private.note_step(run_id uuid, place jsonb default null)
returns void
language sql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
  update audit_private.job_run r
  set last_step_at = clock_timestamp(), place = coalesce(note_step.place, r.place)
  where r.run_id = note_step.run_id and r.result = 'running'
$$;
comment on function audit_private.note_step(uuid, jsonb) is 'a run lives, and has come this far';
grant execute on function audit_private.note_step(uuid, jsonb) to audit_operator, audit_keeper;
