create or replace function audit_private.reverify_step(run_id uuid)
returns text
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  run constant audit_private.job_run := (
    select r from audit_private.job_run r where r.run_id = reverify_step.run_id and r.result = 'running');
  since constant timestamptz := run.place -> 'weeks' ->> 0;
  until constant timestamptz := since + interval '168 hours';
  found jsonb;
  found_count bigint;
begin
  if since is null then
    return 'done';
  end if;
  perform audit_private.lock_partitions(since, until);
  select count(*), coalesce(jsonb_agg(to_jsonb(f) - 'place') filter (where f.place <= 100), '[]')
  into found_count, found
  from (
    select v.*, row_number() over () as place
    from audit_private.verify_time(null, since, until) v
  ) f;
  perform audit_private.note_verification(reverify_step.run_id, since, until, found_count, found);
  perform audit_private.note_place(
    reverify_step.run_id, jsonb_set(run.place, '{weeks}', (run.place -> 'weeks') - 0));
  return 'more';
end
$$;
comment on function audit_private.reverify_step(uuid) is
  'verifies a week of events and keeps what it found: more to do, or done; a step of reverify_events';
grant execute on function audit_private.reverify_step(uuid) to audit_operator;
