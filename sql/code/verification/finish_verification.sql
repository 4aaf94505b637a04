-- What concerns no week comes last. What is found is an event of the installation, so that it reaches whoever reads its log,
-- and red in check_health until a later run finds nothing.
create or replace function audit_private.finish_verification(run_id uuid)
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  run constant audit_private.job_run := (
    select r from audit_private.job_run r where r.run_id = finish_verification.run_id and r.result = 'running');
  found jsonb;
  summary jsonb;
begin
  if run.run_id is null then
    return;
  end if;
  perform audit_private.lock_partitions('infinity', '-infinity');
  select coalesce(jsonb_agg(to_jsonb(f)), '[]') into found
  from (select v.* from audit_private.verify_standing(null) v limit 100) f;
  perform audit_private.note_verification(
    finish_verification.run_id, '-infinity', 'infinity', jsonb_array_length(found), found);
  select jsonb_object_agg(k.kind, k.findings) into summary
  from (
    select f.finding ->> 'kind' as kind, count(*) as findings
    from audit_private.verification v
    cross join lateral jsonb_array_elements(v.findings) as f (finding)
    where v.verified_at >= run.started_at
    group by f.finding ->> 'kind'
  ) k;
  if summary is not null then
    perform audit_private.write_system_event(
      tenant_id => '00000000-0000-0000-0000-000000000000',
      action => 'verification_failed',
      entity_type => 'audit_log',
      entity_id => null,
      description => 'Verifying the log found something wrong',
      metadata => jsonb_build_object('findings', summary));
  end if;
  perform audit_private.finish_run(finish_verification.run_id, 'succeeded',
    coalesce('found: ' || (
      select string_agg(format('%s %s', s.value, s.key), ', ' order by s.key) from jsonb_each_text(summary) s
    ), 'nothing is wrong'));
end
$$;
comment on function audit_private.finish_verification(uuid) is
  'verifies what concerns no week, and tells what a run found; the last step of reverify_events';
grant execute on function audit_private.finish_verification(uuid) to audit_operator;
