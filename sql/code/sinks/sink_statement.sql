set local role audit_keeper;
-- Outside the tenant wall, since a sink has no access session: what stands in its place is the tenant's approval. Entries
-- come as arrays, so that the planner knows how many there are, and whose they are and between which times as constants, so
-- that it knows whether to look each up or to read all that lies there, by index either way. An entry of which the event has gone, or that the filter
-- doesn't find, gives no row. A record is longer than what it is made of, so rows are ordered before.
create or replace function audit_private.sink_statement(
  sink audit_private.sink,
  tenant_ids uuid[],
  times timestamptz[]
)
returns text
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set datestyle = 'ISO, YMD'
as $$
  select format(
    'select $1 || e.log_index || '':'' || e.place, e.tenant_id, e.id, e.occurred_at, %s
    from (
      select k.log_index, k.place, e.*
      from unnest($2, $3, $4, $5, $6) as k (log_index, place, tenant_id, occurred_at, id)
      join (
        select e.*, (select jsonb_object_agg(a.action, a.category) from audit_private.action a) ->> e.action as category
        from audit_private.event e
        where e.tenant_id = any (%L::uuid[]) and e.occurred_at between %L::timestamptz and %L::timestamptz and %s
      ) e on e.tenant_id = k.tenant_id and e.occurred_at = k.occurred_at and e.id = k.id
      order by k.log_index, k.place
      offset 0
    ) e',
    audit_private.sink_record(sink_statement.sink),
    array_agg(distinct u.tenant_id), min(u.occurred_at), max(u.occurred_at), audit_private.sink_condition(sink_statement.sink))
  from unnest(sink_statement.tenant_ids, sink_statement.times) as u (tenant_id, occurred_at)
$$;
comment on function audit_private.sink_statement(audit_private.sink, uuid[], timestamptz[]) is
  'SQL that reads those of some entries of the log that a sink''s filter finds, in its format: $1 begins each cursor, $2 to $6 '
  'are arrays of the entries'' places in the log, tenants, times and ids';
