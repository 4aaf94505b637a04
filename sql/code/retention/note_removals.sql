set local role audit_keeper;
-- What goes between two times is what seals list there, but for what is kept; so seals that lie between them whole, with
-- nothing kept in their time, are noted as rows of numbers without being read. Others get a bitmap for each part. That the
-- lists are believed here hides nothing: where they say other than what was removed, the receipt's count doesn't fit.
--
-- A list goes with the last event of its seal. Searching the times of what is kept in a sorted array takes a binary search
-- for each seal. "Not in" is hashed once whatever the planner expects, where a join may look through all of it for each
-- part; hence the memory for as much as may be kept.
create or replace function audit_private.note_removals(
  run_id uuid,
  tenant_id uuid,
  from_time timestamptz,
  until_time timestamptz,
  kept_times timestamptz[],
  kept_ids uuid[]
)
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
set work_mem = '64MB'
as $$
declare
  kept_moments constant timestamptz[] := array(select unnest(note_removals.kept_times) order by 1);
  touched bigint[];
begin
  with found as materialized (
    select s.seal_number, s.event_count,
      s.first_at >= note_removals.from_time and s.last_at < note_removals.until_time
        and width_bucket(s.last_at, kept_moments)
          = width_bucket(s.first_at - interval '1 microsecond', kept_moments) as is_whole
    from audit_private.seals_between(note_removals.tenant_id, note_removals.from_time, note_removals.until_time) s
    where not audit_private.is_emptied(s.tenant_id, s.seal_number)
  ),
  whole as (
    select f.seal_number, f.event_count, f.event_count - coalesce((
        select sum(p.removed) from audit_private.part_removal p
        where p.tenant_id = note_removals.tenant_id and p.seal_number = f.seal_number
      ), 0) as removed
    from found f
    where f.is_whole
    union all
    select s.seal_number, 0, 0
    from audit_private.seal s
    where s.tenant_id = note_removals.tenant_id
      and s.event_count = 0
      and s.seal_number > (select min(f.seal_number) from found f where f.is_whole)
      and s.seal_number < (select max(f.seal_number) from found f where f.is_whole)
  ),
  noted as (
    insert into audit_private.seal_removal (tenant_id, first_seal, last_seal, run_id, removed)
    select note_removals.tenant_id, min(w.seal_number) filter (where w.event_count > 0),
      max(w.seal_number) filter (where w.event_count > 0), note_removals.run_id, sum(w.removed)
    from (select w.*, w.seal_number - row_number() over (order by w.seal_number) as island from whole w) w
    group by w.island
    having sum(w.event_count) > 0
  ),
  forgotten as (
    delete from audit_private.seal_part p
    using found f
    where f.is_whole and p.tenant_id = note_removals.tenant_id and p.seal_number = f.seal_number
  ),
  marked as (
    insert into audit_private.part_removal as known (tenant_id, seal_number, part, run_id, removed, places)
    select note_removals.tenant_id, m.seal_number, m.part, note_removals.run_id, m.removed, m.places
    from (
      select u.seal_number, u.part, count(*) filter (where u.is_gone)::integer as removed,
        string_agg(case when u.is_gone then '1' else '0' end, '' order by u.place)::bit(1024) as places
      from (
        select p.seal_number, p.part, l.place,
          l.occurred_at >= note_removals.from_time and l.occurred_at < note_removals.until_time
            and (p.places is null or get_bit(p.places, l.place::integer - 1) = 0)
            and (l.occurred_at, l.id) not in (
              select k.occurred_at, k.id
              from unnest(note_removals.kept_times, note_removals.kept_ids) as k (occurred_at, id)
            ) as is_gone
        from (
          select q.seal_number, q.part, q.times, q.ids,
            audit_private.removed_places(q.tenant_id, q.seal_number, q.part) as places
          from found f
          join audit_private.seal_part q on q.tenant_id = note_removals.tenant_id and q.seal_number = f.seal_number
          where not f.is_whole and q.last_at >= note_removals.from_time and q.first_at < note_removals.until_time
          offset 0
        ) p
        cross join lateral unnest(p.times, p.ids) with ordinality as l (occurred_at, id, place)
      ) u
      group by u.seal_number, u.part
    ) m
    where m.removed > 0
    on conflict on constraint part_removal_pkey do update
    set removed = known.removed + excluded.removed, places = known.places | excluded.places
    returning known.seal_number
  )
  select array_agg(distinct m.seal_number) into touched from marked m;

  delete from audit_private.seal_part p
  using audit_private.seal s
  where s.tenant_id = note_removals.tenant_id
    and s.seal_number = any (touched)
    and s.event_count = (
      select sum(r.removed) from audit_private.part_removal r
      where r.tenant_id = s.tenant_id and r.seal_number = s.seal_number
    )
    and p.tenant_id = s.tenant_id
    and p.seal_number = s.seal_number;
end
$$;
comment on function audit_private.note_removals(uuid, uuid, timestamptz, timestamptz, timestamptz[], uuid[]) is
  'notes which sealed events of a tenant a purge removes between two times: all but those that are kept';
