-- The one list of jobs. What every and at_time say, cron says to pg_cron.
create or replace function audit_private.job_definitions()
returns table (
  job_name text,
  command text,
  every interval,
  at_time time,
  cron text,
  description text
)
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select d.job_name, format('call audit.%I()', d.job_name), interval '1 day', o.value::time,
    format('%s %s * * *', extract(minute from o.value::time), extract(hour from o.value::time)), d.description
  from (
    values
      ('maintain_partitions', 'makes partitions ahead, closes those that are full, drops those that are empty'),
      ('purge_events', 'removes events that are older than their tenants keep them'),
      ('purge_data', 'removes rows of the application that are older than its data retention keeps them'),
      ('reverify_events', 'verifies what was sealed since it last ran, and old events in turn')
  ) as d (job_name, description)
  join audit_private.option o on o.name = d.job_name || '_at'
  union all
  select d.job_name, format('call audit.%I()', d.job_name), interval '1 minute', time '00:00', '* * * * *', d.description
  from (
    values
      ('seal_events', 'seals the events that were committed since it last ran'),
      ('run_exports', 'writes the exports that were asked for, and removes those that have expired')
  ) as d (job_name, description)
$$;
comment on function audit_private.job_definitions() is
  'the jobs, what runs each, how often, from what time of the day (UTC), and that as pg_cron writes it';
grant execute on function audit_private.job_definitions() to audit_operator;
