create or replace function audit.preview_purge(tenant_id uuid default null)
returns setof audit_private.preview_row
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
  tenant constant uuid := audit_private.listed_tenant(preview_purge.tenant_id);
begin
  return query
  with counted as materialized (
    select c.tenant_id,
      sum(c.due) filter (where not x.as_exact) as due,
      min(c.oldest_at) filter (where not x.as_exact and c.due > 0) as oldest_at,
      max(c.newest_at) filter (where not x.as_exact and c.due > 0) as newest_at,
      sum(c.kept_by_floor) filter (where not x.as_exact) as kept_by_floor,
      sum(c.kept_by_hold) filter (where not x.as_exact) as kept_by_hold,
      sum(c.kept_by_sink) filter (where not x.as_exact) as kept_by_sink,
      sum(c.due) filter (where x.as_exact) as expired
    from audit_private.expired_partitions(now()) p
    cross join (values (false), (true)) as x (as_exact)
    cross join lateral audit_private.count_due(
      p.partition_name, p.until_time, now(), case when tenant is not null then array[tenant] end, x.as_exact,
      includes_unsealed => true) c
    group by c.tenant_id
  )
  select t.tenant_id, t.name, p.days, p.is_exact, now() - p.days * interval '24 hours', coalesce(c.due, 0)::bigint,
    c.oldest_at, c.newest_at, coalesce(c.kept_by_floor, 0)::bigint, coalesce(c.kept_by_hold, 0)::bigint,
    coalesce(c.kept_by_sink, 0)::bigint, (coalesce(c.expired, 0) - coalesce(c.due, 0))::bigint,
    h.days, now() - h.days * interval '24 hours'
  from audit_private.tenant t
  join audit_private.policies_in_force(now()) p on p.tenant_id = t.tenant_id
  left join counted c on c.tenant_id = t.tenant_id
  left join audit_private.hot_policies_in_force(now()) h on h.tenant_id = t.tenant_id
  where tenant is null or t.tenant_id = tenant
  order by t.name, t.tenant_id;
  perform audit_private.release_tenant();
end
$$;
comment on function audit.preview_purge(uuid) is
  'what a purge would remove now, tenant by tenant: how many events are due, between which times, what '
  'floors, holds and sinks keep, and what has expired but goes later, with its partition; of every tenant for audit_operator '
  'and audit_auditor, of their own for audit_admin';
grant execute on function audit.preview_purge(uuid) to audit_admin, audit_operator, audit_auditor;
