create or replace function audit_private.fail_data_purge(run_id uuid, error text)
returns void
language sql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select audit_private.finish_data_purge(r.run_id, r.place ->> 'relation', 'failed', left(fail_data_purge.error, 500))
  from audit_private.job_run r
  where r.run_id = fail_data_purge.run_id and r.result = 'running' and r.place ->> 'stage' in ('review', 'purge')
$$;
comment on function audit_private.fail_data_purge(uuid, text) is
  'ends what a run does with its table, because of an error; a step of purge_data';
grant execute on function audit_private.fail_data_purge(uuid, text) to audit_operator;
