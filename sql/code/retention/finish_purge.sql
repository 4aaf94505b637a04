set local role audit_keeper;
-- The last step of a run. Its events are the log's own; those about a retired tenant go to the installation, since its
-- own trail is to end some day: when nothing of it is left, its receipt says so and is its last. Fewer removed than
-- predicted is right only where a hold, a policy, a floor or an export came in between. A run that was killed before
-- this is told of by the next one.
create or replace function audit_private.finish_purge(run_id uuid)
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  run constant audit_private.job_run := (
    select r from audit_private.job_run r where r.run_id = finish_purge.run_id and r.result = 'running');
begin
  if run.run_id is null then
    return;
  end if;
  update audit_private.purge_receipt r
  set error = null
  where r.run_id = finish_purge.run_id and r.predicted > 0 and r.removed >= r.predicted;
  update audit_private.purge_receipt r
  set is_last = true
  from audit_private.tenant t
  where r.run_id = finish_purge.run_id
    and t.tenant_id = r.tenant_id
    and t.retired_at is not null
    and not exists (select from audit_private.event e where e.tenant_id = r.tenant_id);

  perform audit_private.write_system_event(
    tenant_id => case when t.retired_at is null then r.tenant_id else '00000000-0000-0000-0000-000000000000' end,
    action => 'events_purged',
    entity_type => 'audit_retention',
    entity_id => r.run_id::text,
    description => format(
      case when r.hot_cutoff > r.cutoff or r.cutoff is null then '%s archived or expired events older than %s removed'
        else '%s events older than %s removed' end,
      r.removed, to_char(greatest(r.cutoff, r.hot_cutoff), 'YYYY-MM-DD HH24:MI TZH:TZM')),
    metadata => jsonb_strip_nulls(to_jsonb(r) - 'is_told')
      || jsonb_build_object('removals', audit_private.removals_digest(r.tenant_id, r.run_id)))
  from audit_private.purge_receipt r
  join audit_private.tenant t on t.tenant_id = r.tenant_id
  join audit_private.job_run j on j.run_id = r.run_id
  where (r.removed > 0 or r.is_last)
    and not r.is_told
    and (r.run_id = finish_purge.run_id or j.result <> 'running');
  update audit_private.purge_receipt r
  set is_told = true
  where not r.is_told and (r.removed > 0 or r.is_last);

  perform audit_private.finish_run(
    finish_purge.run_id,
    case when count(*) filter (
        where r.error is not null
          or r.removed < r.predicted
            and r.kept_by_hold + r.kept_by_sink = 0
            and not exists (
              select from audit_private.retention_policy p
              where p.tenant_id = r.tenant_id and p.set_at > run.started_at - interval '1 day'
              union all
              select from audit_private.hot_policy h
              where h.tenant_id = r.tenant_id and h.set_at > run.started_at - interval '1 day'
              union all
              select from audit_private.retention_floor f where f.set_at > run.started_at - interval '1 day'
              union all
              select from audit_private.export x
              where x.tenant_id = r.tenant_id and x.started_at > run.started_at - interval '1 day'
            )
      ) = 0 then 'succeeded' else 'failed' end,
    format('%s events of %s tenants removed', coalesce(sum(r.removed), 0), count(*) filter (where r.removed > 0))
      || coalesce('; ' || string_agg(distinct r.error, '; '), ''))
  from audit_private.purge_receipt r
  where r.run_id = finish_purge.run_id;
end
$$;
comment on function audit_private.finish_purge(uuid) is 'writes the events of a purge and ends its run';
grant execute on function audit_private.finish_purge(uuid) to audit_operator;
