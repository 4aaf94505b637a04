set local role audit_finder;
-- Every group of an event that is erased was erased by an erasure. What went with rows of the application is noted nowhere,
-- but it was captured, and the tenant has an erasure of that kind.
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
end
$$;
comment on function audit_private.verify_erasures(uuid, timestamptz, timestamptz) is
  'events of a time that are erased though no erasure tells of it';
grant execute on function audit_private.verify_erasures(uuid, timestamptz, timestamptz) to audit_owner;
