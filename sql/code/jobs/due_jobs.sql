create or replace function audit_private.due_jobs()
returns text[]
language sql
volatile
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(array_agg(s.job_name order by s.last_slot, s.job_name), '{}') from audit_private.job_states() s where s.is_due
$$;
comment on function audit_private.due_jobs() is
  'jobs that have not been started since they should have been, however long ago, and that are not running';
grant execute on function audit_private.due_jobs() to audit_operator;
