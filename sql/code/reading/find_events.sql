set local role audit_finder;
-- The search itself, outside the tenant wall: below a policy the server may not use an index on text,
-- because those operators aren't leakproof. The tenant is asked for explicitly, and only keys leave;
-- their rows are then read behind the wall. The condition comes from audit_private.filter_condition
-- and from nowhere else: only the owner may call this.
--
-- Bounds are constants in the text so that planning prunes partitions, and the bound on occurred_at
-- beside the comparison of rows lets the index begin at the place.
-- Volatile, so that it looks with a snapshot younger than its locks: an older one misses what a purge has put back.
create or replace function audit_private.find_events(
  tenant_id uuid,
  condition text,
  from_time timestamptz,
  until_time timestamptz,
  last_occurred_at timestamptz,
  last_id uuid,
  most integer
)
returns table (occurred_at timestamptz, id uuid)
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
    'select e.occurred_at, e.id
    from audit_private.event e
    where e.tenant_id = %L::uuid
      and e.occurred_at >= %L::timestamptz
      and e.occurred_at < %L::timestamptz
      and %s
      and (%s)%s
    order by e.occurred_at desc, e.id desc
    limit %s',
    find_events.tenant_id, find_events.from_time, find_events.until_time,
    audit_private.retained_condition(find_events.tenant_id), find_events.condition,
    case when find_events.last_id is not null then format(
      ' and e.occurred_at <= %1$L::timestamptz and (e.occurred_at, e.id) < (%1$L::timestamptz, %2$L::uuid)',
      find_events.last_occurred_at, find_events.last_id) end,
    find_events.most);
end
$$;
comment on function audit_private.find_events(uuid, text, timestamptz, timestamptz, timestamptz, uuid, integer) is
  'keys of a tenant''s events that meet a condition, newest first, after a place';
grant execute on function audit_private.find_events(uuid, text, timestamptz, timestamptz, timestamptz, uuid, integer)
  to audit_owner;
