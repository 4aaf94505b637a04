create or replace function audit.list_purges(up_to integer default 100, tenant_id uuid default null)
returns setof audit_private.purge_row
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  tenant constant uuid := audit_private.listed_tenant(list_purges.tenant_id);
begin
  return query
  select j.run_id, j.started_at, j.finished_at, r.tenant_id, t.name, r.days, r.is_exact, r.cutoff, r.predicted, r.removed,
    r.kept_by_floor, r.kept_by_hold, r.kept_by_sink, r.hot_days, r.hot_cutoff, r.oldest_removed_at, r.newest_removed_at,
    r.is_last, j.result, r.error, j.run_by
  from audit_private.purge_receipt r
  join audit_private.job_run j on j.run_id = r.run_id
  join audit_private.tenant t on t.tenant_id = r.tenant_id
  where tenant is null or r.tenant_id = tenant
  order by j.started_at desc, t.name, t.tenant_id
  limit least(greatest(list_purges.up_to, 1), 10000);
  perform audit_private.release_tenant();
end
$$;
comment on function audit.list_purges(integer, uuid) is
  'receipts of purges, newest first: what each run set out to remove of a tenant, removed and kept, by which policy, and '
  'who ran it; of every tenant for audit_operator and audit_auditor, of their own for audit_admin and audit_privacy';
grant execute on function audit.list_purges(integer, uuid) to audit_admin, audit_privacy, audit_operator, audit_auditor;
