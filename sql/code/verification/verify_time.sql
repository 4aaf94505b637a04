-- The one list of what is looked at of a time, whoever asks: a person or the nightly job. Partitions are locked before, by
-- the statement before (lock_partitions).
create or replace function audit_private.verify_time(tenant uuid, from_time timestamptz, until_time timestamptz)
returns setof audit_private.finding
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select c.* from audit_private.verify_chains(verify_time.tenant, verify_time.from_time, verify_time.until_time) c
  union all
  select l.* from audit_private.verify_lists(verify_time.tenant, verify_time.from_time, verify_time.until_time) l
  union all
  select e.* from audit_private.verify_leaves(verify_time.tenant, verify_time.from_time, verify_time.until_time) e
  union all
  select r.* from audit_private.verify_removals(verify_time.tenant, verify_time.from_time, verify_time.until_time) r
$$;
comment on function audit_private.verify_time(uuid, timestamptz, timestamptz) is
  'all that is wrong with the events of a time and their seals, of one tenant or all';
