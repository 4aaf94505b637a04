set local role audit_finder;
-- Counts no further than a million events in all, so that a list of busy actors stays quick.
-- Volatile, so that it looks with a snapshot younger than its locks: an older one misses what a purge has put back.
create or replace function audit_private.count_actor_events(
  tenant_id uuid,
  actor_ids text[],
  from_time timestamptz,
  until_time timestamptz,
  most bigint
)
returns table (actor_id text, events bigint)
language plpgsql
volatile
parallel unsafe
rows 100
security definer
set search_path = pg_catalog, pg_temp
set datestyle = 'ISO, YMD'
as $$
begin
  return query execute format(
    'select f.actor_id, count(*)
    from (
      select e.actor_id
      from audit_private.event e
      where e.tenant_id = %L::uuid
        and e.occurred_at >= %L::timestamptz
        and e.occurred_at < %L::timestamptz
        and %s
        and e.actor_id = any ($1)
      limit %s
    ) f
    group by f.actor_id',
    count_actor_events.tenant_id, count_actor_events.from_time, count_actor_events.until_time,
    audit_private.retained_condition(count_actor_events.tenant_id), count_actor_events.most)
  using count_actor_events.actor_ids;
end
$$;
comment on function audit_private.count_actor_events(uuid, text[], timestamptz, timestamptz, bigint) is
  'how many events each of the actors has, counted no further than asked';
grant execute on function audit_private.count_actor_events(uuid, text[], timestamptz, timestamptz, bigint)
  to audit_owner;
