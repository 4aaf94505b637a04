set local role audit_finder;
-- Keys of each actor's newest event in one partition. A closed partition has an index by actor, in
-- which one jump an actor is enough; in an open one the newest million events are grouped. At most
-- 50,000 actors a partition, so that a call stays bounded.
-- Volatile, so that it looks with a snapshot younger than its locks: an older one misses what a purge has put back.
create or replace function audit_private.find_actors(
  tenant_id uuid,
  from_time timestamptz,
  until_time timestamptz,
  is_closed boolean,
  pattern text
)
returns table (actor_id text, occurred_at timestamptz, id uuid, is_match boolean)
language plpgsql
volatile
parallel unsafe
rows 1000
security definer
set search_path = pg_catalog, pg_temp
set datestyle = 'ISO, YMD'
as $$
declare
  span constant text := format(
    'e.tenant_id = %L::uuid and e.occurred_at >= %L::timestamptz and e.occurred_at < %L::timestamptz and %s',
    find_actors.tenant_id, find_actors.from_time, find_actors.until_time,
    audit_private.retained_condition(find_actors.tenant_id));
begin
  return query execute
    case when find_actors.is_closed then format(
      'with recursive newest as (
        (
          select e.actor_id, e.occurred_at, e.id
          from audit_private.event e
          where %1$s and e.actor_id is not null
          order by e.actor_id, e.occurred_at desc, e.id desc
          limit 1
        )
        union all
        select step.actor_id, step.occurred_at, step.id
        from newest n
        cross join lateral (
          select e.actor_id, e.occurred_at, e.id
          from audit_private.event e
          where %1$s and e.actor_id > n.actor_id
          order by e.actor_id, e.occurred_at desc, e.id desc
          limit 1
        ) step
      ),
      actor as (select n.* from newest n limit 50000)', span)
    else format(
      'with actor as (
        select g.actor_id, g.occurred_at, (
          select e.id from audit_private.event e
          where %1$s and e.occurred_at = g.occurred_at and e.actor_id = g.actor_id
          order by e.id desc
          limit 1
        ) as id
        from (
          select r.actor_id, max(r.occurred_at) as occurred_at
          from (
            select e.actor_id, e.occurred_at
            from audit_private.event e
            where %1$s
            order by e.occurred_at desc, e.id desc
            limit 1000000
          ) r
          where r.actor_id is not null
          group by r.actor_id
          order by max(r.occurred_at) desc
          limit 50000
        ) g
      )', span)
    end || case when find_actors.pattern is null then
      ' select a.actor_id, a.occurred_at, a.id, true from actor a'
    else format(
      ' select a.actor_id, a.occurred_at, a.id,
        audit_private.search_text_v1(e.actor_id, e.actor, null, null) ilike %L
      from actor a
      join audit_private.event e on %s and e.occurred_at = a.occurred_at and e.id = a.id',
      find_actors.pattern, span)
    end;
end
$$;
comment on function audit_private.find_actors(uuid, timestamptz, timestamptz, boolean, text) is
  'keys of each actor''s newest event in one partition, and whether that event''s actor matches a pattern';
grant execute on function audit_private.find_actors(uuid, timestamptz, timestamptz, boolean, text) to audit_owner;
