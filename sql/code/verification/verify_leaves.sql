set local role audit_finder;
-- Every event of a time against the lists, both ways, in one join. What a list says was removed isn't expected; where it
-- is there all the same, another seal has to list it, since it may have been imported anew. An event that no list knows is
-- an extra one, unless no run of seal_events has seen it yet, and then its transaction must have begun, as that of whoever
-- verifies may have. Of a restored dump, until it is noticed, transaction numbers say nothing, nor do they before
-- the first seal, since the log may be one.
--
-- An event whose transaction began after the seal before its own was made can't have been recorded much earlier, unless
-- the clock was set back; one whose transaction was over by then would be in that seal, but for what a restored dump
-- brought along, whose numbers are far lower; and what is erased has no content but a pseudonym. All are lies that a leaf
-- doesn't show. Nor does it show who erased a group: an erasure has to tell of it. What went with rows of the application is
-- noted nowhere, but it was captured, and the tenant has an erasure of that kind.
--
-- Without "offset 0" each leaf would be made anew for every question, and what a seal says read anew for every event. The
-- time stands in the statement as constants, so that few partitions are read.
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
  next_transaction_id bigint;
begin
  select s.* into state from audit_private.sealing s;
  select i.transaction_offset + greatest(
      pg_snapshot_xmax(pg_current_snapshot())::text::bigint, pg_current_xact_id_if_assigned()::text::bigint + 1)
  into next_transaction_id
  from audit_private.instance i;
  return query execute format(
    'with part as (
      select p.*, b.sealed_at as known_at, b.known_before, b.known_open, b.known_since
      from audit_private.sealed_tenants() as t (tenant_id)
      cross join lateral audit_private.seals_between(t.tenant_id, %2$L::timestamptz, %3$L::timestamptz) s
      left join lateral (
        select case when p.sealed_at <= s.sealed_at then p.sealed_at end as sealed_at,
          split_part(p.snapshot, '':'', 2)::bigint as known_before,
          string_to_array(nullif(split_part(p.snapshot, '':'', 3), ''''), '','')::bigint[] as known_open,
          case
            when exists (select from audit_private.epoch o where o.epoch = s.epoch and o.kind = ''dump_restored'')
              then split_part(s.snapshot, '':'', 2)::bigint - 2147483648
            else 0
          end as known_since
        from audit_private.seal p
        where p.tenant_id = s.tenant_id and p.seal_number = s.seal_number - 1
          and p.snapshot ~ ''^[0-9]{1,18}:[0-9]{1,18}:([0-9]{1,18}(,[0-9]{1,18})*)?$''
          and s.snapshot ~ ''^[0-9]{1,18}:[0-9]{1,18}:''
        offset 0
      ) b on true
      join audit_private.seal_part p on p.tenant_id = s.tenant_id and p.seal_number = s.seal_number
      where p.last_at >= %2$L::timestamptz and p.first_at < %3$L::timestamptz and %1$s
      offset 0
    ),
    listed as (
      select p.tenant_id, p.seal_number, p.known_at, p.known_before, p.known_open, p.known_since, l.*
      from part p
      cross join lateral (
        select u.occurred_at, u.id, substr(d.leaves, u.place * 32 - 31, 32) as leaf
        from (
          select p.leaves || '''' as leaves, audit_private.removed_places(p.tenant_id, p.seal_number, p.part) as removed
          offset 0
        ) d
        cross join (
          select unnest(p.times) as occurred_at, unnest(p.ids) as id, generate_series(1, cardinality(p.times)) as place
        ) u
        where u.occurred_at >= %2$L::timestamptz and u.occurred_at < %3$L::timestamptz
          and (d.removed is null or get_bit(d.removed, u.place - 1) = 0)
        offset 0
      ) l
    ),
    present as (
      select e.tenant_id, e.occurred_at, e.id, audit_private.leaf_of_event(e) as leaf, e.recorded_at, e.transaction_id,
        %4$s as is_unsealed,
        e.payload_digest is not null and num_nonnulls(
            e.description, e.actor, e.target, e.changes, e.metadata, e.ip, e.user_agent, e.request_id, e.error_message) > 0
          or e.entity_id_digest is not null and e.entity_id is not null
          or e.actor_id_digest is not null and e.actor_id !~ ''^erased-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$''
          as has_erased,
        case when num_nonnulls(e.actor_id_digest, e.entity_id_digest, e.payload_digest) > 0 then array_remove(array[
          case when e.actor_id_digest is not null then ''actor_id'' end,
          case when e.entity_id_digest is not null then ''entity_id'' end,
          case when e.payload_digest is not null then ''payload'' end], null) end as erased_groups,
        e.source = ''captured'' as is_captured
      from audit_private.event e
      where e.occurred_at >= %2$L::timestamptz and e.occurred_at < %3$L::timestamptz and %5$s
      offset 0
    ),
    found as (
      select f.kind, tenant_id, l.seal_number, id, occurred_at, f.detail, e.erased_groups, e.is_captured
      from listed l
      full join present e using (tenant_id, occurred_at, id)
      cross join lateral (
        select coalesce(
          e.transaction_id < l.known_before and e.transaction_id > l.known_since
            and (e.transaction_id = any (l.known_open)) is not true, false)
      ) as o (was_over)
      cross join lateral (
        select
          l.leaf = e.leaf and not e.has_erased
          and (e.transaction_id >= l.known_before and e.recorded_at < l.known_at - interval ''15 minutes'') is not true
          and not o.was_over
      ) as r (is_right)
      cross join lateral (
        select
          case
            when r.is_right then null
            when e.recorded_at is null then ''missing_event''
            when l.seal_number is null and not e.is_unsealed then ''extra_event''
            when l.seal_number is null then
              case when %6$L and e.recorded_at < statement_timestamp() - interval ''15 minutes'' then ''unsealed'' end
            when l.leaf is distinct from e.leaf or e.has_erased then ''changed_event''
            else ''extra_event''
          end,
          case
            when e.recorded_at is null then ''sealed, and neither there nor named by a receipt''
            when l.seal_number is null and not e.is_unsealed then ''there, and in no seal, though its transaction was sealed''
            when l.seal_number is null then ''no run of seal_events has sealed it''
            when l.leaf is distinct from e.leaf then ''not as it was sealed''
            when e.has_erased then ''erased, and yet there is content that no seal holds''
            when o.was_over then ''sealed late: its transaction was over before the seal before it''
            else format(''says that it was recorded at %%s, and was written after %%s'', e.recorded_at, l.known_at)
          end
      ) as f (kind, detail)
      where f.kind is not null or e.erased_groups is not null
    )
    select f.kind, f.tenant_id, coalesce(f.seal_number, r.seal_number), f.id, f.occurred_at,
      case when r.seal_number is null then f.detail else ''there, though a receipt says that it was removed'' end
    from found f
    left join lateral (
      select s.seal_number
      from audit_private.seals_between(f.tenant_id, f.occurred_at, f.occurred_at + interval ''1 microsecond'') s
      join audit_private.seal_part p on p.tenant_id = s.tenant_id and p.seal_number = s.seal_number
      where f.kind = ''extra_event'' and f.seal_number is null and f.id = any (p.ids)
      limit 1
    ) r on true
    where f.kind is not null
    union all
    select ''unexplained_erasure'', f.tenant_id, null, f.id, f.occurred_at,
      ''erased, and no erasure tells of it: '' || string_agg(distinct g.name, '', '' order by g.name)
    from found f
    cross join lateral unnest(f.erased_groups) as g (name)
    where not exists (
        select from audit_private.erased_event x
        where x.tenant_id = f.tenant_id and x.occurred_at = f.occurred_at and x.event_id = f.id and g.name = any (x.groups)
      )
      and not (f.is_captured and exists (
        select from audit_private.erasure x where x.tenant_id = f.tenant_id and x.kind = ''data''
      ))
    group by f.tenant_id, f.id, f.occurred_at',
    case when verify_leaves.tenant is null then 'true' else format('t.tenant_id = %L::uuid', verify_leaves.tenant) end,
    verify_leaves.from_time, verify_leaves.until_time,
    case
      when state.sealed_at is null
        or not state.is_caught_up
        or coalesce((audit_private.current_epoch()).kind = 'dump_restored', false)
      then 'true'
      else format('(%s and e.transaction_id < %s)', audit_private.unsealed_condition(state), next_transaction_id) end,
    case when verify_leaves.tenant is null then 'true' else format('e.tenant_id = %L::uuid', verify_leaves.tenant) end,
    coalesce(state.sealed_at < statement_timestamp() - interval '15 minutes', true));
end
$$;
comment on function audit_private.verify_leaves(uuid, timestamptz, timestamptz) is
  'events of a time that were changed, are missing, are there though no seal knows them, or are erased though no erasure '
  'tells of it';
grant execute on function audit_private.verify_leaves(uuid, timestamptz, timestamptz) to audit_owner;
