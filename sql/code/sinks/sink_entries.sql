set local role audit_keeper;
-- The next entries of the lists of seals, in the order of the log: found by index from the place on, so that it takes as
-- long however much lies behind or ahead. First which parts, of which only the counts are read, then their entries. The
-- planner's guesses about lists are poor, so all other ways are shut: it would rather read and sort what is ahead.
create or replace function audit_private.sink_entries(
  tenant_ids uuid[],
  from_index bigint,
  from_place integer,
  until_index bigint,
  most integer
)
returns table (log_index bigint, place integer, tenant_id uuid, occurred_at timestamptz, id uuid)
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
set enable_seqscan = off
set enable_bitmapscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
  with part as materialized (
    select n.*
    from (
      select f.*, sum(f.event_count) over (order by f.log_index, f.part) - f.event_count as before
      from (
        select s.log_index, s.tenant_id, s.seal_number, p.part, p.event_count
        from audit_private.seal s
        join audit_private.seal_part p on p.tenant_id = s.tenant_id and p.seal_number = s.seal_number
        where s.log_index >= sink_entries.from_index
          and s.log_index < sink_entries.until_index
          and s.event_count > 0
          and s.tenant_id = any (sink_entries.tenant_ids)
          and (s.log_index > sink_entries.from_index or p.part >= sink_entries.from_place / 1024)
        order by s.log_index, p.part
        limit sink_entries.most + 1
      ) f
    ) n
    where n.before < sink_entries.most + 1024
  )
  select n.log_index, n.part * 1024 + u.place::integer, n.tenant_id, u.occurred_at, u.id
  from part n
  join audit_private.seal_part p on p.tenant_id = n.tenant_id and p.seal_number = n.seal_number and p.part = n.part
  cross join lateral unnest(p.times, p.ids) with ordinality as u (occurred_at, id, place)
  where (n.log_index, n.part * 1024 + u.place::integer) > (sink_entries.from_index, sink_entries.from_place)
  order by n.log_index, n.part, u.place
  limit sink_entries.most
$$;
comment on function audit_private.sink_entries(uuid[], bigint, integer, bigint, integer) is
  'sealed events of tenants behind a place of the log and before a seal, in its order, by key; place counts them '
  'within their seal';
