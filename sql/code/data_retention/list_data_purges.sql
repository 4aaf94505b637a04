create or replace function audit.list_data_purges(up_to integer default 100)
returns table (
  run_id uuid,
  relation text,
  tenant_id uuid,
  started_at timestamptz,
  finished_at timestamptz,
  predicted bigint,
  removed bigint,
  children_removed bigint,
  erased bigint,
  kept_by_hold bigint,
  kept_locked bigint,
  failed bigint,
  by_level jsonb,
  decision text,
  result text,
  error text,
  run_by text
)
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if not audit_private.sees_all_tenants() then
    perform audit_private.require_tenant(null);
  end if;
  return query
  select t.run_id, t.relation, t.tenant_id, t.started_at, t.finished_at, t.predicted, t.removed, t.children_removed, t.erased,
    t.kept_by_hold, t.kept_locked, t.failed, t.by_level, t.decision,
    case when t.result = 'running' and r.result <> 'running' then 'interrupted' else t.result end,
    t.error, r.run_by
  from audit_private.data_purge_receipt t
  join audit_private.job_run r on r.run_id = t.run_id
  order by t.started_at desc, t.relation desc, t.tenant_id
  limit list_data_purges.up_to;
  perform audit_private.release_tenant();
end
$$;
comment on function audit.list_data_purges(integer) is
  'what each run of purge_data removed of each table and tenant, newest first; for audit_operator and audit_auditor of every '
  'tenant, for audit_privacy of its own';
grant execute on function audit.list_data_purges(integer) to audit_operator, audit_auditor, audit_privacy;
