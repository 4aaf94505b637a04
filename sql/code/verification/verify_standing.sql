-- The one list of what concerns no time. The tree over all seals is nobody's in particular, so it is looked at only when all
-- tenants are.
create or replace function audit_private.verify_standing(tenant uuid)
returns setof audit_private.finding
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select l.* from audit_private.verify_log() l where verify_standing.tenant is null
  union all
  select h.* from audit_private.verify_holds(verify_standing.tenant) h
  union all
  select e.* from audit_private.verify_erasure_counts(verify_standing.tenant) e
  union all
  select s.* from audit_private.verify_settings(verify_standing.tenant) s
$$;
comment on function audit_private.verify_standing(uuid) is
  'all that is wrong with the log as a whole, with holds, with what erasures count and with settings, of one tenant or all';
