-- Whoever verifies sees kinds, places and ids, never a payload. By windows of time it can be run bit by bit, and in the
-- background: what concerns no time is looked at where a bound is left open, and the log as a whole only when all tenants are.
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
  select f.*
  from (
    select l.* from audit_private.verify_log() l where is_open and tenant is null
    union all
    select c.* from audit_private.verify_chains(tenant, since, until) c
    union all
    select l.* from audit_private.verify_lists(tenant, since, until) l
    union all
    select e.* from audit_private.verify_leaves(tenant, since, until) e
    union all
    select r.* from audit_private.verify_removals(tenant, since, until) r
    union all
    select x.* from audit_private.verify_erasures(tenant, since, until) x
    union all
    select h.* from audit_private.verify_holds(tenant) h where is_open
    union all
    select s.* from audit_private.verify_settings(tenant) s where is_open
  ) f;
  perform audit_private.release_tenant();
end
$$;
comment on function audit.verify_events(timestamptz, timestamptz, uuid) is
  'What is wrong with the events of a time, their seals and the log: no row when nothing is. Kinds: changed_event, '
  'missing_event, extra_event, unsealed, reordered, broken_chain, missing_seal, missing_list, cut_tail, early_purge, '
  'unexplained_purge, unexplained_erasure, dangling_hold and untold_setting; the last two, and what concerns the log as a whole, where a bound is '
  'left open. Of every tenant for audit_operator and audit_auditor, of their own for audit_admin. '
  'Raises WT037.';
grant execute on function audit.verify_events(timestamptz, timestamptz, uuid)
  to audit_admin, audit_operator, audit_auditor;
