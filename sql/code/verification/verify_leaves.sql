set local role audit_finder;
-- Every event of a time against the lists, both ways, in one join. An event that no list knows is an extra one, unless no
-- run of seal_events has seen it yet. Without "offset 0" each leaf would be made anew for every question. The time stands in the statement as constants, so that few partitions are read.
create or replace function audit_private.verify_leaves(tenant uuid, from_time timestamptz, until_time timestamptz)
returns setof audit_private.finding
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
set work_mem = '64MB'
set enable_memoize = off
set datestyle = 'ISO, YMD'
as $$
declare
  state audit_private.sealing;
begin
  select s.* into state from audit_private.sealing s;
  return query execute format(
    'with listed as (
      select p.tenant_id, p.seal_number, l.*
      from audit_private.tenant t
      cross join lateral audit_private.seals_between(t.tenant_id, %2$L::timestamptz, %3$L::timestamptz) s
      join audit_private.seal_part p on p.tenant_id = s.tenant_id and p.seal_number = s.seal_number
      cross join lateral (
        select u.occurred_at, u.id, substr(d.leaves, u.place::integer * 32 - 31, 32) as leaf,
          d.removed is not null and get_bit(d.removed, u.place::integer - 1) = 1 as is_removed
        from (
          select p.leaves || '''' as leaves, audit_private.removed_places(p.tenant_id, p.seal_number, p.part) as removed
          offset 0
        ) d
        cross join unnest(p.times, p.ids) with ordinality as u (occurred_at, id, place)
        where u.occurred_at >= %2$L::timestamptz and u.occurred_at < %3$L::timestamptz
        offset 0
      ) l
      where p.last_at >= %2$L::timestamptz and p.first_at < %3$L::timestamptz and %1$s
    ),
    present as (
      select e.tenant_id, e.occurred_at, e.id, audit_private.leaf_of_event(e) as leaf,
        %4$s as is_unsealed, e.recorded_at
      from audit_private.event e
      where e.occurred_at >= %2$L::timestamptz and e.occurred_at < %3$L::timestamptz and %5$s
      offset 0
    )
    select f.kind, tenant_id, l.seal_number, id, occurred_at, f.detail
    from listed l
    full join present e using (tenant_id, occurred_at, id)
    cross join lateral (
      select
        case
          when e.leaf is null and not l.is_removed then ''missing_event''
          when e.leaf is not null and l.is_removed then ''extra_event''
          when e.leaf <> l.leaf then ''changed_event''
          when l.leaf is null and not e.is_unsealed then ''extra_event''
          when l.leaf is null and e.recorded_at < clock_timestamp() - interval ''15 minutes'' then ''unsealed''
        end,
        case
          when e.leaf is null then ''sealed, and neither there nor named by a receipt''
          when l.is_removed then ''there, though a receipt says that it was removed''
          when e.leaf <> l.leaf then ''not as it was sealed''
          when not e.is_unsealed then ''there, and in no seal, though its transaction was sealed''
          else ''no run of seal_events has sealed it''
        end
    ) as f (kind, detail)
    where (e.leaf = l.leaf and not l.is_removed) is not true and f.kind is not null',
    case when verify_leaves.tenant is null then 'true' else format('t.tenant_id = %L::uuid', verify_leaves.tenant) end,
    verify_leaves.from_time, verify_leaves.until_time, audit_private.unsealed_condition(state),
    case when verify_leaves.tenant is null then 'true' else format('e.tenant_id = %L::uuid', verify_leaves.tenant) end);
end
$$;
comment on function audit_private.verify_leaves(uuid, timestamptz, timestamptz) is
  'events of a time that were changed, are missing, or are there though no seal knows them';
grant execute on function audit_private.verify_leaves(uuid, timestamptz, timestamptz) to audit_owner;
