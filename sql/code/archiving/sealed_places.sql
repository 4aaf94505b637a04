set local role audit_finder;
-- Which parts may hold them is asked of their times alone, so that a list is unpacked once however many of them it holds.
-- What was removed and imported anew is in two lists, in the older one as removed.
create or replace function audit_private.sealed_places(tenant_id uuid, event_ids uuid[])
returns table (occurred_at timestamptz, id uuid, seal_number bigint, part integer, place integer)
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
  with wanted as materialized (
    select distinct audit_private.event_time(i.id) as occurred_at, i.id from unnest(sealed_places.event_ids) as i (id)
  ),
  touched as materialized (
    select distinct s.seal_number, p.part
    from (select distinct w.occurred_at from wanted w) w
    cross join lateral audit_private.seals_between(
      sealed_places.tenant_id, w.occurred_at, w.occurred_at + interval '1 microsecond') s
    join audit_private.seal_part p on p.tenant_id = s.tenant_id and p.seal_number = s.seal_number
      and w.occurred_at between p.first_at and p.last_at
  )
  select distinct on (w.id) w.occurred_at, w.id, t.seal_number, t.part, l.place::integer
  from touched t
  join audit_private.seal_part p
    on p.tenant_id = sealed_places.tenant_id and p.seal_number = t.seal_number and p.part = t.part
  cross join lateral audit_private.removed_places(p.tenant_id, p.seal_number, p.part) as g (places)
  cross join lateral unnest(p.times, p.ids) with ordinality as l (occurred_at, id, place)
  join wanted w on w.occurred_at = l.occurred_at and w.id = l.id
  where g.places is null or get_bit(g.places, l.place::integer - 1) = 0
  order by w.id, t.seal_number desc
$$;
comment on function audit_private.sealed_places(uuid, uuid[]) is
  'where events of a tenant stand in the lists of its seals, place from 1 in each part; none of what was removed or isn''t '
  'sealed';
grant execute on function audit_private.sealed_places(uuid, uuid[]) to audit_keeper;
