set local role audit_finder;
-- A digest in the place of a value is lawful only where an erasure names the event and the group: else a forger would put the
-- digest of what was sealed there and write something else, or nothing. An erased actor's place holds a pseudonym.
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
    'with erased as (
      select e.tenant_id, e.occurred_at, e.id,
        array_remove(array[
          case when e.actor_id_digest is not null then ''actor_id'' end,
          case when e.entity_id_digest is not null then ''entity_id'' end,
          case when e.payload_digest is not null then ''payload'' end
        ], null) as groups,
        e.actor_id_digest is null or (e.actor_id ~ ''^erased-[0-9a-f-]{36}$'') is not false as is_pseudonym
      from audit_private.event e
      where e.occurred_at >= %2$L::timestamptz and e.occurred_at < %3$L::timestamptz and %1$s
        and (e.actor_id_digest is not null or e.entity_id_digest is not null or e.payload_digest is not null)
    ),
    told as (
      select n.tenant_id, n.event_id, array_agg(g.name) as groups
      from audit_private.erased_event n
      cross join lateral unnest(n.groups) as g (name)
      where n.occurred_at >= %2$L::timestamptz and n.occurred_at < %3$L::timestamptz
      group by n.tenant_id, n.event_id
    )
    select ''untold_erasure'', r.tenant_id, null::bigint, r.id, r.occurred_at,
      case when r.groups <@ t.groups then ''its actor is no pseudonym'' else ''no erasure names it'' end
    from erased r
    left join told t on t.tenant_id = r.tenant_id and t.event_id = r.id
    where (r.groups <@ t.groups and r.is_pseudonym) is not true',
    case when verify_erasures.tenant is null then 'true' else format('e.tenant_id = %L::uuid', verify_erasures.tenant) end,
    verify_erasures.from_time, verify_erasures.until_time);
end
$$;
comment on function audit_private.verify_erasures(uuid, timestamptz, timestamptz) is
  'events of a time from which something was erased by no erasure';
grant execute on function audit_private.verify_erasures(uuid, timestamptz, timestamptz) to audit_owner;
