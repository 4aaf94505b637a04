create or replace function audit.list_retention(tenant_id uuid default null)
returns setof audit_private.days_row
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  tenant constant uuid := audit_private.listed_tenant(list_retention.tenant_id);
begin
  return query
  select t.tenant_id, t.name, p.days, p.is_exact, now() - p.days * interval '24 hours', s.set_at, s.set_by, s.reason,
    n.days, n.is_exact, n.takes_effect_at, n.set_by, n.reason,
    (select jsonb_object_agg(f.category, f.days) from audit_private.floors_in_force(now()) f),
    (select j.last_slot + j.every from audit_private.job_states() j where j.job_name = 'purge_events'),
    h.days, h.sink_name, w.days, w.sink_name, w.takes_effect_at
  from audit_private.tenant t
  join audit_private.policies_in_force(now()) p on p.tenant_id = t.tenant_id
  left join lateral (
    select r.set_at, r.set_by, r.reason
    from audit_private.retention_policy r
    where r.tenant_id = t.tenant_id and r.takes_effect_at <= now()
    order by r.takes_effect_at desc
    limit 1
  ) s on true
  left join audit_private.retention_policy n on n.tenant_id = t.tenant_id and n.takes_effect_at > now()
  left join audit_private.hot_policies_in_force(now()) h on h.tenant_id = t.tenant_id
  left join audit_private.hot_policy w on w.tenant_id = t.tenant_id and w.takes_effect_at > now()
  where tenant is null or t.tenant_id = tenant
  order by t.name, t.tenant_id;
  perform audit_private.release_tenant();
end
$$;
comment on function audit.list_retention(uuid) is
  'how long events are kept (days, cutoff; null for ever), the change that waits, the floors of categories in days, the next '
  'purge, and after how many days what a sink has archived leaves early; of every tenant for audit_operator '
  'and audit_auditor, of their own for others';
grant execute on function audit.list_retention(uuid)
  to audit_admin, audit_reader, audit_privacy, audit_operator, audit_auditor;
