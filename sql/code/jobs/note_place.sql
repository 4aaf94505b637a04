-- Not for operators, whose procedures only say that they live: a receipt follows from the place.
create or replace function audit_private.note_place(run_id uuid, place jsonb)
returns void
language sql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
  update audit_private.job_run r
  set last_step_at = clock_timestamp(), place = note_place.place
  where r.run_id = note_place.run_id and r.result = 'running'
$$;
comment on function audit_private.note_place(uuid, jsonb) is 'a run lives, and has come this far';
grant execute on function audit_private.note_place(uuid, jsonb) to audit_keeper;
