set local role audit_keeper;
-- The windows of partitions in which an erasure has something to do, each cut to where that is. Events and what was found
-- are joined in it by hash or merge (enable_nestloop is off there): nothing tells the planner how much has just been found, and
-- pair by pair it would take for ever.
create or replace function audit_private.pending_windows(tenant_id uuid, erasure_id uuid)
returns table (window_from timestamptz, window_until timestamptz)
language sql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select p.first_at, p.last_at + interval '1 microsecond'
  from (
    select min(p.occurred_at) as from_time, max(p.occurred_at) + interval '1 microsecond' as until_time
    from audit_private.pending_erasure p
    where p.tenant_id = pending_windows.tenant_id and p.erasure_id = pending_windows.erasure_id
  ) b
  cross join lateral audit_private.event_windows(b.from_time, b.until_time) w
  cross join lateral (
    select min(p.occurred_at) as first_at, max(p.occurred_at) as last_at
    from audit_private.pending_erasure p
    where p.tenant_id = pending_windows.tenant_id
      and p.erasure_id = pending_windows.erasure_id
      and p.occurred_at >= w.window_from
      and p.occurred_at < w.window_until
  ) p
  where b.from_time is not null and p.first_at is not null
$$;
comment on function audit_private.pending_windows(uuid, uuid) is
  'spans of partitions, newest first, that hold what an erasure has found';
