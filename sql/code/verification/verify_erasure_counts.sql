set local role audit_finder;
-- The events that tell of an erasure count no more and no fewer than it has noted; what went with rows of the application is
-- noted nowhere.
create or replace function audit_private.verify_erasure_counts(tenant uuid)
returns setof audit_private.finding
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
  with told as (
    select e.tenant_id, e.entity_id, min(e.occurred_at) as occurred_at, sum((e.metadata ->> 'erased')::bigint) as erased
    from audit_private.event e
    where (verify_erasure_counts.tenant is null or e.tenant_id = verify_erasure_counts.tenant)
      and e.occurred_at >= statement_timestamp() - interval '365 days'
      and e.action in ('subject_erased', 'events_erased')
      and e.source = 'system'
      and e.metadata ->> 'kind' <> 'data'
    group by e.tenant_id, e.entity_id
  ),
  noted as (
    select x.tenant_id, x.erasure_id::text as entity_id, x.requested_at, n.erased
    from audit_private.erasure x
    cross join lateral (
      select count(*) as erased from audit_private.erased_event n
      where n.tenant_id = x.tenant_id and n.erasure_id = x.erasure_id
    ) n
    where (verify_erasure_counts.tenant is null or x.tenant_id = verify_erasure_counts.tenant)
      and x.kind <> 'data'
      and x.requested_at >= statement_timestamp() - interval '364 days'
  )
  select 'unexplained_erasure', tenant_id, null::bigint, null::uuid, coalesce(t.occurred_at, n.requested_at),
    format('erasure %s: events tell of %s events erased, and %s are noted', entity_id, coalesce(t.erased, 0),
      coalesce(n.erased, 0))
  from told t
  full join noted n using (tenant_id, entity_id)
  where coalesce(t.erased, 0) <> coalesce(n.erased, 0)
    and (n.entity_id is not null or not exists (
      select from audit_private.erasure x
      where x.tenant_id = t.tenant_id and x.erasure_id::text = t.entity_id
    ))
$$;
comment on function audit_private.verify_erasure_counts(uuid) is 'erasures that are not what their events say';
grant execute on function audit_private.verify_erasure_counts(uuid) to audit_owner;
