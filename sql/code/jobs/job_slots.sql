-- Slots lie every so often from the job's time of the day on, in UTC, whether anything ran in them or not.
create or replace function audit_private.job_slots()
returns table (job_name text, every interval, last_slot timestamptz, next_run_at timestamptz)
language sql
volatile
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select d.job_name, d.every, s.last_slot, s.last_slot + d.every
  from audit_private.job_definitions() d
  cross join lateral (
    select date_bin(d.every, clock_timestamp(), '2000-01-01 00:00:00+00'::timestamptz + d.at_time::interval) as last_slot
  ) s
$$;
comment on function audit_private.job_slots() is 'when each job should have begun last, and should begin next';
