create or replace function audit_private.finish_run(run_id uuid, result text, detail text)
returns void
language sql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
  update audit_private.job_run r
  set result = finish_run.result, detail = finish_run.detail, finished_at = clock_timestamp(), last_step_at = clock_timestamp()
  where r.run_id = finish_run.run_id and r.result = 'running'
$$;
comment on function audit_private.finish_run(uuid, text, text) is
  'ends a run as succeeded or failed; the last step of each job''s procedure';
grant execute on function audit_private.finish_run(uuid, text, text) to audit_operator, audit_keeper;
