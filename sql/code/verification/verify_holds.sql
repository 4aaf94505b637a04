set local role audit_finder;
-- Holds against the events that tell of them, as far back as those are kept whatever the policy. A hold that was taken away
-- behind the log's back leaves its event, and one that was put there, released or turned to something else has none. Nor may the
-- columns that were made of the filter say otherwise; times may by two days, since bare dates were days of somebody's time zone.
create or replace function audit_private.verify_holds(tenant uuid)
returns setof audit_private.finding
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
set timezone = 'UTC'
as $$
  with told as materialized (
    select e.tenant_id, e.occurred_at, e.id, e.action, e.entity_id, e.entity_id_digest is not null as is_unnamed,
      e.metadata -> 'filter' as filter
    from audit_private.event e
    where (verify_holds.tenant is null or e.tenant_id = verify_holds.tenant)
      and e.occurred_at >= statement_timestamp() - interval '365 days'
      and e.action in ('hold_placed', 'hold_released')
      and e.source = 'system'
  )
  select 'dangling_hold', h.tenant_id, null::bigint, null::uuid, h.placed_at,
    format('hold %s stands, and no event tells that it was placed', h.hold_id)
  from audit_private.legal_hold h
  where (verify_holds.tenant is null or h.tenant_id = verify_holds.tenant)
    and h.released_at is null
    and h.placed_at >= statement_timestamp() - interval '365 days'
    and not exists (
      select from told t
      where t.tenant_id = h.tenant_id and t.action = 'hold_placed' and t.occurred_at >= h.placed_at
        and (t.entity_id = h.name and coalesce(t.filter = h.filter, true) or t.is_unnamed)
    )
  union all
  select 'dangling_hold', h.tenant_id, null, null, h.placed_at,
    format('hold %s holds something else than its filter says', h.hold_id)
  from audit_private.legal_hold h
  cross join lateral (
    select bool_or(array(select v from unnest(c.held) as v order by v) <> array(
      select distinct v.value #>> '{}'
      from jsonb_array_elements(case jsonb_typeof(h.filter -> c.key)
        when 'array' then h.filter -> c.key else jsonb_build_array(h.filter -> c.key) end) as v (value)
      where h.filter ? c.key
      order by 1)) as is_wrong
    from (
      values
        (h.sources, 'source'), (h.categories, 'category'), (h.actions, 'action'), (h.entity_types, 'entity_type'),
        (h.actor_types, 'actor_type'), (h.outcomes, 'outcome'), (h.actor_ids, 'actor_id'), (h.entity_ids, 'entity_id'),
        (h.ids::text[], 'id')
    ) as c (held, key)
  ) c
  cross join lateral (
    select bool_or(isfinite(c.held) <> (h.filter ? c.key) or isfinite(c.held) and left(h.filter ->> c.key, 10)
      not between to_char(c.held - interval '2 days', 'YYYY-MM-DD') and to_char(c.held + interval '2 days', 'YYYY-MM-DD'))
      as is_wrong
    from (values (h.from_time, 'from'), (h.until_time, 'to')) as c (held, key)
  ) t
  where (verify_holds.tenant is null or h.tenant_id = verify_holds.tenant)
    and h.released_at is null
    and (c.is_wrong or t.is_wrong)
  union all
  select 'dangling_hold', h.tenant_id, null, null, h.released_at,
    format('hold %s was released, and no event tells of it', h.hold_id)
  from audit_private.legal_hold h
  where (verify_holds.tenant is null or h.tenant_id = verify_holds.tenant)
    and greatest(h.released_at, h.placed_at) >= statement_timestamp() - interval '365 days'
    and h.released_at is not null
    and not exists (
      select from told t
      where t.tenant_id = h.tenant_id and t.action = 'hold_released'
        and t.occurred_at >= h.released_at and t.occurred_at >= h.placed_at
        and (t.entity_id = h.name or t.is_unnamed)
    )
  union all
  select 'dangling_hold', t.tenant_id, null, t.id, t.occurred_at,
    case t.action when 'hold_placed' then 'a hold was placed that is not there'
      else 'a hold was released that still stands' end
  from told t
  where not t.is_unnamed
    and case t.action
      when 'hold_placed' then not exists (
        select from audit_private.legal_hold h
        where h.tenant_id = t.tenant_id and h.name = t.entity_id and h.placed_at <= t.occurred_at
      )
      else exists (
        select from audit_private.legal_hold h
        where h.tenant_id = t.tenant_id and h.name = t.entity_id and h.released_at is null
          and h.placed_at < t.occurred_at
      )
    end
$$;
comment on function audit_private.verify_holds(uuid) is 'holds that do not agree with the events that tell of them';
grant execute on function audit_private.verify_holds(uuid) to audit_owner;
