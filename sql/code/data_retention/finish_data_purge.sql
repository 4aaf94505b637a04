-- Ends a run's work on one table: result and, for each tenant of which rows went, an event. A run that died has its
-- receipts ended by the next.
create or replace function audit_private.finish_data_purge(run_id uuid, relation text, result text, error text)
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  nil_tenant constant uuid := '00000000-0000-0000-0000-000000000000';
begin
  insert into audit_private.data_purge_receipt (tenant_id, run_id, relation, decision)
  select nil_tenant, finish_data_purge.run_id, d.relation, d.decision
  from audit_private.data_retention d
  where d.relation = finish_data_purge.relation and not exists (
    select from audit_private.data_purge_receipt t
    where t.run_id = finish_data_purge.run_id and t.relation = finish_data_purge.relation);
  perform audit_private.write_system_event(
    tenant_id => coalesce(k.tenant_id, nil_tenant),
    action => 'data_purged'::text,
    entity_type => 'audit_data_retention'::text,
    entity_id => t.relation,
    description => format('%s rows of %s removed', t.removed, t.relation),
    metadata => jsonb_strip_nulls(jsonb_build_object(
      'run_id', t.run_id, 'removed', t.removed, 'children_removed', t.children_removed,
      'erased', nullif(t.erased, 0), 'by_level', t.by_level,
      'decision', t.decision, 'tenant_id', case when k.tenant_id is null and t.tenant_id <> nil_tenant then t.tenant_id end)))
  from audit_private.data_purge_receipt t
  left join audit_private.tenant k on k.tenant_id = t.tenant_id
  where t.run_id = finish_data_purge.run_id and t.relation = finish_data_purge.relation and t.result = 'running'
    and (t.removed > 0 or t.erased > 0);
  update audit_private.data_purge_receipt t
  set result = case
      when finish_data_purge.result = 'succeeded' and t.failed > 0 then 'failed'
      else finish_data_purge.result
    end,
    error = coalesce(finish_data_purge.error, t.error),
    finished_at = clock_timestamp()
  where t.run_id = finish_data_purge.run_id and t.relation = finish_data_purge.relation and t.result = 'running';
  if finish_data_purge.result = 'succeeded' then
    update audit_private.data_retention d
    set last_complete_at = (select r.started_at from audit_private.job_run r where r.run_id = finish_data_purge.run_id),
      approved_rows = null
    where d.relation = finish_data_purge.relation;
  end if;
  update audit_private.job_run r
  set place = r.place || '{"stage": "done", "after": null, "is_asked": false}', last_step_at = clock_timestamp()
  where r.run_id = finish_data_purge.run_id and r.result = 'running';
end
$$;
comment on function audit_private.finish_data_purge(uuid, text, text, text) is
  'ends what a run does with one table, with receipts and events';
