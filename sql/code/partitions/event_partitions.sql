-- Read from the catalogue, so that nothing has to be kept equal to it. Bounds are printed in the session's
-- format unless it is pinned. No partition is named to pg_get_expr, since it would lock it: whoever asks would wait for one
-- that is being emptied.
create or replace function audit_private.event_partitions()
returns table (
  partition_name text,
  from_time timestamptz,
  until_time timestamptz,
  is_closed boolean
)
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set datestyle = 'ISO'
as $$
  select c.relname::text, b.bounds[1]::timestamptz, b.bounds[2]::timestamptz,
    exists (
      select
      from pg_index x
      join pg_attribute a on a.attrelid = x.indrelid and a.attnum = x.indkey[1]
      where x.indrelid = c.oid and x.indisvalid and a.attname = 'action'
    )
  from pg_inherits h
  join pg_class c on c.oid = h.inhrelid
  cross join lateral regexp_match(
    pg_get_expr(c.relpartbound, 0), '^FOR VALUES FROM [(]''(.+)''[)] TO [(]''(.+)''[)]$') as b (bounds)
  where h.inhparent = 'audit_private.event'::regclass
$$;
comment on function audit_private.event_partitions() is
  'partitions of the event table with their bounds; closed ones have the indexes for reading';
grant execute on function audit_private.event_partitions() to audit_finder, audit_keeper, audit_writer;
