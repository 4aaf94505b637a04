set local role audit_finder;
-- Every group of an event that is erased was erased by an erasure, and the events that tell of that count no more and no
-- fewer than it has noted. What went with rows of the application is noted nowhere, but it was captured, and the tenant has
-- an erasure of that kind. What concerns no time is asked where that has no end.
create or replace function audit_private.verify_erasures(tenant uuid, from_time timestamptz, until_time timestamptz)
returns setof audit_private.finding
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
set datestyle = 'ISO, YMD'
as $$
begin
  return query execute format(
    'select ''unexplained_erasure'', e.tenant_id, null::bigint, e.id, e.occurred_at,
      ''erased, and no erasure tells of it: '' || string_agg(g.name, '', '' order by g.name)
    from audit_private.event e
    cross join lateral (
      values (''actor_id'', e.actor_id_digest), (''entity_id'', e.entity_id_digest), (''payload'', e.payload_digest)
    ) as g (name, digest)
    where e.occurred_at >= %L::timestamptz and e.occurred_at < %L::timestamptz and %s
      and (e.actor_id_digest is not null or e.entity_id_digest is not null or e.payload_digest is not null)
      and g.digest is not null
      and not exists (
        select from audit_private.erased_event x
        where x.tenant_id = e.tenant_id and x.occurred_at = e.occurred_at and x.event_id = e.id and g.name = any (x.groups)
      )
      and not (e.source = ''captured'' and exists (
        select from audit_private.erasure x where x.tenant_id = e.tenant_id and x.kind = ''data''
      ))
    group by e.tenant_id, e.id, e.occurred_at',
    verify_erasures.from_time, verify_erasures.until_time,
    case when verify_erasures.tenant is null then 'true' else format('e.tenant_id = %L::uuid', verify_erasures.tenant) end);

  if isfinite(verify_erasures.until_time) then
    return;
  end if;
  return query
  with told as (
    select e.tenant_id, e.entity_id, min(e.occurred_at) as occurred_at, sum((e.metadata ->> 'erased')::bigint) as erased
    from audit_private.event e
    where (verify_erasures.tenant is null or e.tenant_id = verify_erasures.tenant)
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
    where (verify_erasures.tenant is null or x.tenant_id = verify_erasures.tenant)
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
    ));
end
$$;
comment on function audit_private.verify_erasures(uuid, timestamptz, timestamptz) is
  'events that are erased though no erasure tells of it, and erasures that are not what their events say';
grant execute on function audit_private.verify_erasures(uuid, timestamptz, timestamptz) to audit_owner;
