-- Whoever verifies sees kinds, places and ids, never a payload. By windows of time it can be run bit by bit, and in the
-- background: what concerns no time is looked at where a bound is left open.
create or replace function audit.verify_events(
  from_time timestamptz default null,
  until_time timestamptz default null,
  tenant_id uuid default null
)
returns setof audit_private.finding
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  tenant constant uuid := audit_private.listed_tenant(verify_events.tenant_id);
  since constant timestamptz := coalesce(verify_events.from_time, '-infinity');
  is_open constant boolean := verify_events.from_time is null or verify_events.until_time is null;
  until constant timestamptz := coalesce(verify_events.until_time, 'infinity');
begin
  perform audit_private.lock_partitions(since, until);
  return query
  select t.* from audit_private.verify_time(tenant, since, until) t
  union all
  select s.* from audit_private.verify_standing(tenant) s where is_open;
  perform audit_private.release_tenant();
end
$$;
comment on function audit.verify_events(timestamptz, timestamptz, uuid) is
  'What is wrong with the events of a time, their seals and the log: no row when nothing is. Kinds: changed_event, '
  'missing_event, extra_event, unsealed, reordered, broken_chain, missing_seal, missing_list, cut_tail, early_purge, '
  'unexplained_purge, unexplained_erasure, dangling_hold and untold_setting; the last two, and what concerns the log as a '
  'whole, where a bound is left open. Of every tenant for audit_operator and audit_auditor, of their own for audit_admin. '
  'Raises WT037.';
grant execute on function audit.verify_events(timestamptz, timestamptz, uuid)
  to audit_admin, audit_operator, audit_auditor;
