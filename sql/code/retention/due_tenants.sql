-- A run decides by the moment at which it began, so that it removes what it predicted; a policy that was lengthened
-- meanwhile counts all the same, and so does an export that is running: its events stay until it ends. After a restore
-- nothing is due until somebody has accepted it. Neither definer
-- nor pinned: it becomes part of the statement that asks.
--
-- What is archived is due earlier where a tenant has said so; the cut-off is then that one, and the gate keeps what isn't
-- archived of what a tenant's retention alone would keep.
create or replace function audit_private.due_tenants(
  partition_until timestamptz,
  at timestamptz,
  treats_all_as_exact boolean
)
returns table (tenant_id uuid, cutoff timestamptz, is_exact boolean, removable_before timestamptz, expired_before timestamptz)
language sql
stable
parallel safe
as $$
  select p.tenant_id, greatest(p.cutoff, p.hot_cutoff), p.is_exact,
    audit_private.removable_before(greatest(p.cutoff, p.hot_cutoff), p.is_exact, due_tenants.partition_until),
    audit_private.removable_before(p.cutoff, p.is_exact, due_tenants.partition_until)
  from (
    select b.tenant_id, n.is_exact or due_tenants.treats_all_as_exact as is_exact,
      case when b.days is not null and n.days is not null
        then due_tenants.at - greatest(b.days, n.days) * interval '24 hours' else '-infinity' end as cutoff,
      due_tenants.at - greatest(h.days, c.days) * interval '24 hours' as hot_cutoff
    from audit_private.policies_in_force(due_tenants.at) b
    join audit_private.policies_in_force(pg_catalog.clock_timestamp()) n on n.tenant_id = b.tenant_id
    left join (
      audit_private.hot_policies_in_force(due_tenants.at) h
      join audit_private.hot_policies_in_force(pg_catalog.clock_timestamp()) c on c.tenant_id = h.tenant_id
    ) on h.tenant_id = b.tenant_id
    where (b.days is not null and n.days is not null or h.days is not null)
      and not (select audit_private.is_removal_barred())
      and not exists (
        select from audit_private.export x
        where x.tenant_id = b.tenant_id
          and x.state = 'running'
          and not x.is_straight
          and x.started_at > pg_catalog.clock_timestamp() - interval '24 hours'
      )
  ) p
$$;
comment on function audit_private.due_tenants(timestamptz, timestamptz, boolean) is
  'each tenant whose events expire, the time before which those of a partition are to be removed, and that before which '
  'they are whether archived or not';
grant execute on function audit_private.due_tenants(timestamptz, timestamptz, boolean) to audit_keeper;
