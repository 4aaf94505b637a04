-- A job that runs each minute would leave half a million rows a year. Runs that removed anything stay with their receipts,
-- and of each job the last success, which tells whether it is on time.
create or replace function audit_private.forget_runs()
returns void
language sql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
  delete from audit_private.job_run r
  using audit_private.job_definitions() d
  where d.job_name = r.job_name
    and r.result <> 'running'
    and r.started_at < clock_timestamp()
      - case when d.every < interval '1 hour' and r.result = 'succeeded' then interval '7 days' else interval '90 days' end
    and not exists (select from audit_private.purge_receipt p where p.run_id = r.run_id)
    and not exists (select from audit_private.data_purge_receipt p where p.run_id = r.run_id)
    and r.started_at < (
      select max(l.started_at) from audit_private.job_run l where l.job_name = r.job_name and l.result = 'succeeded'
    )
$$;
comment on function audit_private.forget_runs() is
  'removes runs of jobs without a receipt after 90 days, and after 7 those of a job of every minute that succeeded; a step '
  'of maintain_partitions';
grant execute on function audit_private.forget_runs() to audit_operator;
