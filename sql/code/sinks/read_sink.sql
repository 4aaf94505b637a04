set local role audit_keeper;
-- A batch is of one reading alone, so that acknowledging it acknowledges nothing else. Nothing moves here: until it is
-- acknowledged the same comes again, but for what was purged or erased meanwhile. A tenant's backlog ends where the log does
-- when this first sees its approval: whatever was read before lies before that.
--
-- What the filter doesn't find is passed over, up to a limit, so that no call takes for ever: a row without an event then
-- tells how far it came. So does the end of the log, since the place would otherwise stay behind what others seal.
create or replace function audit.read_sink(name text, batch_size integer default 1000, after text default null)
returns table (cursor text, tenant_id uuid, event_id uuid, occurred_at timestamptz, content text)
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
set work_mem = '64MB'
set enable_seqscan = off
set datestyle = 'ISO, YMD'
set timezone = 'UTC'
as $$
#variable_conflict use_column
declare
  taken constant audit_private.sink := audit_private.take_sink(read_sink.name);
  carried constant uuid[] := audit_private.sink_tenants(taken);
  size constant integer := least(greatest(coalesce(read_sink.batch_size, 1000), 1), 10000);
  resumed record;
  reading record;
  log_size bigint;
  epoch integer;
  log_indexes bigint[];
  places integer[];
  tenants uuid[];
  times timestamptz[];
  ids uuid[];
begin
  select s.log_size, s.epoch into log_size, epoch from audit_private.sealing s;
  update audit_private.sink_approval a
  set until_log_index = log_size
  where a.sink_name = taken.sink_name
    and a.tenant_id = any (carried)
    and a.until_log_index is null;

  select null::text as mode, null::bigint as log_index, null::integer as place into resumed;
  if read_sink.after is not null then
    select c.mode, c.log_index, c.place into resumed from audit_private.read_sink_cursor(read_sink.after) c;
  end if;
  for reading in
    select r.* from audit_private.sink_readings(taken, carried, log_size, resumed.mode, resumed.log_index, resumed.place) r
  loop
    for attempt in 1..20 loop
      exit when reading.log_index >= reading.until_log_index;
      select array_agg(n.log_index), array_agg(n.place), array_agg(n.tenant_id), array_agg(n.occurred_at), array_agg(n.id)
      into log_indexes, places, tenants, times, ids
      from (
        select * from audit_private.sink_letters(taken.sink_name, reading.tenant_ids, reading.log_index, size)
        where reading.mode = 'retry'
        union all
        select * from audit_private.sink_entries(
          reading.tenant_ids, reading.log_index, reading.place, reading.until_log_index,
          case attempt when 1 then size else 10000 end)
        where reading.mode <> 'retry'
      ) n;
      if ids is not null then
        return query execute audit_private.sink_statement(taken, tenants, times) || ' limit $7'
        using format('%s:%s:', reading.mode, epoch), log_indexes, places, tenants, times, ids, size;
        if found then
          return;
        end if;
        reading.log_index := log_indexes[cardinality(log_indexes)];
        reading.place := places[cardinality(places)];
      else
        exit when reading.mode = 'retry';
        reading.log_index := reading.until_log_index;
        reading.place := 0;
      end if;
      cursor := format('%s:%s:%s:%s', reading.mode, epoch, reading.log_index, reading.place);
    end loop;
    if cursor is not null then
      return next;
      return;
    end if;
  end loop;
end
$$;
comment on function audit.read_sink(text, integer, text) is
  'The next events of a sink in its format, 1 to 10000, behind what was acknowledged or behind the cursor of an earlier row: '
  'once acknowledge_sink is given the last row''s cursor they don''t come again. A row without an event only says how far '
  'there is none. For the one role that the sink names; raises WT036, WT037, WT150, WT151 and WT152.';
grant execute on function audit.read_sink(text, integer, text) to audit_shipper;
