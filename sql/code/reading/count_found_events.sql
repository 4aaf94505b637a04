set local role audit_finder;
-- As find_events, and for the same reason; only a number leaves.
-- Volatile, so that it looks with a snapshot younger than its locks: an older one misses what a purge has put back.
create or replace function audit_private.count_found_events(
  tenant_id uuid,
  condition text,
  from_time timestamptz,
  until_time timestamptz,
  most bigint
)
returns bigint
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set datestyle = 'ISO, YMD'
as $$
declare
  found_events bigint;
begin
  execute format(
    'select count(*)
    from (
      select
      from audit_private.event e
      where e.tenant_id = %L::uuid
        and e.occurred_at >= %L::timestamptz
        and e.occurred_at < %L::timestamptz
        and %s
        and (%s)
      limit %s
    ) f',
    count_found_events.tenant_id, count_found_events.from_time, count_found_events.until_time,
    audit_private.retained_condition(count_found_events.tenant_id), count_found_events.condition,
    count_found_events.most)
  into found_events;
  return found_events;
end
$$;
comment on function audit_private.count_found_events(uuid, text, timestamptz, timestamptz, bigint) is
  'how many of a tenant''s events meet a condition, counted no further than asked';
grant execute on function audit_private.count_found_events(uuid, text, timestamptz, timestamptz, bigint)
  to audit_owner;
