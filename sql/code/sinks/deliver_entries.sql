set local role audit_keeper;
-- Outside the tenant wall, since a sink has no access session: what stands in its place is the tenant's approval. Entries
-- come as arrays, so that the planner knows how many there are, and the times between which they lie as constants, so that
-- it knows whether to look each up or to read all that lies there. An entry of which the event has gone, or that the filter
-- doesn't find, gives no row.
create or replace function audit_private.deliver_entries(
  sink audit_private.sink,
  log_indexes bigint[],
  places integer[],
  tenant_ids uuid[],
  times timestamptz[],
  ids uuid[]
)
returns table (log_index bigint, place integer, tenant_id uuid, event_id uuid, occurred_at timestamptz, content text)
language plpgsql
stable
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
set work_mem = '64MB'
set datestyle = 'ISO, YMD'
set timezone = 'UTC'
as $$
begin
  return query execute format(
    'select k.log_index, k.place, e.tenant_id, e.id, e.occurred_at, %1$s
    from unnest($1, $2, $3, $4, $5) as k (log_index, place, tenant_id, occurred_at, id)
    join (
      select e.*, (select jsonb_object_agg(a.action, a.category) from audit_private.action a) ->> e.action as category
      from audit_private.event e
      where e.occurred_at between %2$L::timestamptz and %3$L::timestamptz and %4$s
    ) e on e.tenant_id = k.tenant_id and e.occurred_at = k.occurred_at and e.id = k.id
    order by k.log_index, k.place',
    audit_private.sink_record(deliver_entries.sink),
    (select min(t) from unnest(deliver_entries.times) as t), (select max(t) from unnest(deliver_entries.times) as t),
    audit_private.sink_condition(deliver_entries.sink))
  using deliver_entries.log_indexes, deliver_entries.places, deliver_entries.tenant_ids, deliver_entries.times,
    deliver_entries.ids;
end
$$;
comment on function audit_private.deliver_entries(audit_private.sink, bigint[], integer[], uuid[], timestamptz[], uuid[]) is
  'those of some entries of the log that a sink''s filter finds, in its format';
