set local role audit_finder;
-- The lists of seals with an event between two times: each part against its root, all of them against the seal. A list
-- may be gone where receipts say that all of its events are.
create or replace function audit_private.verify_lists(tenant uuid, from_time timestamptz, until_time timestamptz)
returns setof audit_private.finding
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
  with checked as materialized (
    select s.tenant_id, s.seal_number, s.event_count, s.first_at, s.last_at, s.events_root
    from audit_private.tenant t
    cross join lateral audit_private.seals_between(t.tenant_id, verify_lists.from_time, verify_lists.until_time) s
    where verify_lists.tenant is null or t.tenant_id = verify_lists.tenant
  ),
  listed as materialized (
    select c.tenant_id, c.seal_number, p.part, p.event_count, p.first_at, p.last_at, p.root, p.times, p.ids, d.leaves
    from checked c
    join audit_private.seal_part p on p.tenant_id = c.tenant_id and p.seal_number = c.seal_number
    cross join lateral (select p.leaves || '' as leaves offset 0) d
  ),
  whole as (
    select c.*, p.parts, p.listed, p.first_listed_at, p.last_listed_at, p.root, r.removed
    from checked c
    left join lateral (
      select count(*) as parts, sum(l.event_count) as listed, min(l.first_at) as first_listed_at,
        max(l.last_at) as last_listed_at, audit_private.merkle_root(string_agg(l.root, '' order by l.part)) as root
      from listed l
      where l.tenant_id = c.tenant_id and l.seal_number = c.seal_number
    ) p on true
    cross join lateral audit_private.removed_count(c.tenant_id, c.seal_number, c.event_count) as r (removed)
  )
  select 'missing_list', w.tenant_id, w.seal_number, null::uuid, w.first_at,
    format('the list of its %s events is missing, and receipts explain the removal of %s', w.event_count, w.removed)
  from whole w
  where w.parts = 0 and w.event_count > 0 and w.removed < w.event_count
  union all
  select 'broken_chain', w.tenant_id, w.seal_number, null, w.first_at, 'its list was changed'
  from whole w
  where w.parts > 0
    and (w.listed, w.first_listed_at, w.last_listed_at, w.root)
      is distinct from (w.event_count, w.first_at, w.last_at, w.events_root)
  union all
  select 'broken_chain', l.tenant_id, l.seal_number, null, l.first_at, format('part %s of its list was changed', l.part)
  from listed l
  where l.root <> audit_private.merkle_root(l.leaves)
    or (l.event_count, l.event_count, octet_length(l.leaves), l.first_at, l.last_at)
      is distinct from (cardinality(l.times), cardinality(l.ids), l.event_count * 32, l.times[1], l.times[l.event_count])
$$;
comment on function audit_private.verify_lists(uuid, timestamptz, timestamptz) is
  'what is wrong with the lists of seals that have an event in a time';
grant execute on function audit_private.verify_lists(uuid, timestamptz, timestamptz) to audit_owner;
