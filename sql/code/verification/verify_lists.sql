set local role audit_finder;
-- The lists of seals with an event between two times: each part against its root, all of them against the seal, and no
-- event in two of them. A list may be gone where receipts say that all of its events are; and what was removed and then
-- imported anew is in two, in one of them as removed. Only parts whose times meet those of another one, or that hold a
-- time twice or out of order, can list an event twice, and most do neither: so events are counted in those alone. What
-- first_at and last_at say is not believed for that.
create or replace function audit_private.verify_lists(tenant uuid, from_time timestamptz, until_time timestamptz)
returns setof audit_private.finding
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
set work_mem = '64MB'
as $$
  with checked as materialized (
    select s.tenant_id, s.seal_number, s.event_count, s.first_at, s.last_at, s.events_root
    from audit_private.sealed_tenants() as t (tenant_id)
    cross join lateral audit_private.seals_between(t.tenant_id, verify_lists.from_time, verify_lists.until_time) s
    where verify_lists.tenant is null or t.tenant_id = verify_lists.tenant
  ),
  listed as materialized (
    select c.tenant_id, c.seal_number, p.part, p.event_count, p.first_at, p.last_at, p.root, r.is_right
    from checked c
    join audit_private.seal_part p on p.tenant_id = c.tenant_id and p.seal_number = c.seal_number
    cross join lateral (
      select p.root = audit_private.merkle_root(p.leaves || '')
        and (p.event_count, p.event_count, octet_length(p.leaves), p.first_at, p.last_at)
          is not distinct from (
            cardinality(p.times), cardinality(p.ids), p.event_count * 32, p.times[1], p.times[p.event_count]) as is_right
      offset 0
    ) r
  ),
  summed as (
    select l.tenant_id, l.seal_number, sum(l.event_count) as event_count, min(l.first_at) as first_at,
      max(l.last_at) as last_at, audit_private.merkle_root(string_agg(l.root, '' order by l.part)) as events_root
    from listed l
    group by l.tenant_id, l.seal_number
  ),
  spanned as (
    select p.tenant_id, p.seal_number, p.part, coalesce(m.moments[1], '-infinity') as lowest,
      coalesce(m.moments[cardinality(m.moments)], 'infinity') as highest, m.moments = p.times as is_ascending
    from checked c
    join audit_private.seal_part p on p.tenant_id = c.tenant_id and p.seal_number = c.seal_number
    cross join lateral (select array(select distinct unnest(p.times) as moment order by moment) as moments offset 0) m
  ),
  suspected as (
    select o.tenant_id, o.seal_number, o.part
    from (
      select s.*, max(s.highest) over (w rows between unbounded preceding and 1 preceding) as highest_before,
        lead(s.lowest) over w as lowest_after
      from spanned s
      window w as (partition by s.tenant_id order by s.lowest, s.seal_number, s.part)
    ) o
    where not o.is_ascending or o.lowest <= o.highest_before or o.highest >= o.lowest_after
  ),
  twice as materialized (
    select u.tenant_id, u.occurred_at, u.id, min(u.seal_number) as first_seal, max(u.seal_number) as last_seal
    from (
      select p.tenant_id, p.seal_number, l.occurred_at, l.id
      from suspected o
      join audit_private.seal_part p on p.tenant_id = o.tenant_id and p.seal_number = o.seal_number and p.part = o.part
      cross join lateral unnest(p.times, p.ids) as l (occurred_at, id)
      where l.occurred_at >= verify_lists.from_time and l.occurred_at < verify_lists.until_time
    ) u
    group by u.tenant_id, u.occurred_at, u.id
    having count(*) > 1
  )
  select 'missing_list', c.tenant_id, c.seal_number, null::uuid, c.first_at,
    format('the list of its %s events is missing, and receipts explain the removal of %s', c.event_count, r.removed)
  from checked c
  cross join lateral audit_private.removed_count(c.tenant_id, c.seal_number, c.event_count) as r (removed)
  where not exists (select from summed w where w.tenant_id = c.tenant_id and w.seal_number = c.seal_number)
    and r.removed < c.event_count
  union all
  select 'broken_chain', c.tenant_id, c.seal_number, null, c.first_at, 'its list was changed'
  from checked c
  join summed w on w.tenant_id = c.tenant_id and w.seal_number = c.seal_number
  where (w.event_count, w.first_at, w.last_at, w.events_root)
    is distinct from (c.event_count, c.first_at, c.last_at, c.events_root)
  union all
  select 'broken_chain', l.tenant_id, l.seal_number, null, l.first_at, format('part %s of its list was changed', l.part)
  from listed l
  where not l.is_right
  union all
  select 'extra_event', d.tenant_id, d.last_seal, d.id, d.occurred_at,
    format('listed %s times, by seals %s to %s', n.listings, d.first_seal, d.last_seal)
  from twice d
  cross join lateral (
    select count(*) as listings
    from audit_private.seal_part p
    cross join lateral (
      select audit_private.removed_places(p.tenant_id, p.seal_number, p.part) as places offset 0
    ) b
    cross join lateral unnest(p.times, p.ids) with ordinality as l (occurred_at, id, place)
    where p.tenant_id = d.tenant_id
      and p.seal_number between d.first_seal and d.last_seal
      and d.occurred_at between p.first_at and p.last_at
      and l.occurred_at = d.occurred_at
      and l.id = d.id
      and (b.places is null or get_bit(b.places, l.place::integer - 1) = 0)
  ) n
  where n.listings > 1
$$;
comment on function audit_private.verify_lists(uuid, timestamptz, timestamptz) is
  'what is wrong with the lists of seals that have an event in a time';
grant execute on function audit_private.verify_lists(uuid, timestamptz, timestamptz) to audit_owner;
