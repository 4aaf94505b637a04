set local role audit_keeper;
-- A policy counts only for as long as its sink carries the tenant's events, all of them and whole: with a sink that was
-- dropped, redefined or no longer approved, nothing leaves early.
create or replace function audit_private.hot_policies_in_force(at timestamptz)
returns table (tenant_id uuid, days integer, sink_name text)
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select p.tenant_id, p.days, p.sink_name
  from (
    select distinct on (r.tenant_id) r.tenant_id, r.days, r.sink_name
    from audit_private.hot_policy r
    where r.takes_effect_at <= hot_policies_in_force.at
    order by r.tenant_id, r.takes_effect_at desc
  ) p
  join audit_private.sink s on s.sink_name = p.sink_name
  where p.days is not null
    and audit_private.is_whole_archive(s)
    and p.tenant_id = any (audit_private.sink_tenants(s))
$$;
comment on function audit_private.hot_policies_in_force(timestamptz) is
  'the tenants whose archived events leave the database early, after how many days, and the sink that archives them';
grant execute on function audit_private.hot_policies_in_force(timestamptz) to audit_owner;
