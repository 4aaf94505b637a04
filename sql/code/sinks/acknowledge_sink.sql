set local role audit_keeper;
-- Moves forward only, so that acknowledging twice, or a batch behind what was acknowledged, changes nothing. Whose place
-- somebody else has taken is told so: what it shipped comes again, with the same ids.
create or replace function audit.acknowledge_sink(name text, cursor text)
returns boolean
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  taken constant audit_private.sink := audit_private.take_sink(acknowledge_sink.name);
  place constant record := audit_private.read_sink_cursor(acknowledge_sink.cursor);
  carried uuid[];
  has_moved boolean;
begin
  if taken.process_id is distinct from pg_backend_pid() then
    perform audit_private.refuse_consumer(taken.sink_name, taken.process_id);
  end if;
  if place.mode = 'retry' then
    carried := audit_private.sink_tenants(taken);
    delete from audit_private.dead_letter d
    where d.sink_name = taken.sink_name
      and d.tenant_id = any (carried)
      and d.retry_number <= place.log_index;
    has_moved := found;
  elsif place.tenant_id is not null then
    update audit_private.sink_approval b
    set log_index = place.log_index, place = place.place
    where b.sink_name = taken.sink_name
      and b.tenant_id = place.tenant_id
      and b.ended_at is null
      and (place.log_index, place.place) > (b.log_index, b.place)
      and place.log_index <= b.until_log_index;
    has_moved := found;
  else
    update audit_private.sink s
    set log_index = place.log_index, place = place.place
    where s.sink_name = taken.sink_name and (place.log_index, place.place) > (s.log_index, s.place);
    has_moved := found;
  end if;
  update audit_private.sink s
  set acknowledged_at = clock_timestamp(), error = null, error_at = null
  where s.sink_name = taken.sink_name and has_moved;
  return has_moved;
end
$$;
comment on function audit.acknowledge_sink(text, text) is
  'What a sink gave up to this row''s cursor has arrived, and doesn''t come again; true when that moved it on. For the one role '
  'that the sink names; raises WT037, WT150, WT151 and WT152.';
grant execute on function audit.acknowledge_sink(text, text) to audit_shipper;
