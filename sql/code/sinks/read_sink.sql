set local role audit_keeper;
-- First what is to be tried again, then what a tenant's approval came too late for, then the log; a batch is of one of them
-- alone, so that acknowledging it acknowledges nothing else. Of the log, no batch goes beyond the place
-- from which on another tenant takes part, which is where the log ended when this first saw its approval: so whatever
-- was read before lies before it. Nothing moves here: until it is acknowledged the same comes
-- again, but for what was purged or erased meanwhile.
create or replace function audit.read_sink(name text, batch_size integer default 1000, after text default null)
returns table (cursor text, tenant_id uuid, event_id uuid, occurred_at timestamptz, content text)
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  taken audit_private.sink := audit_private.take_sink(read_sink.name);
  tenants constant uuid[] := audit_private.sink_tenants(taken);
  size constant integer := least(greatest(coalesce(read_sink.batch_size, 1000), 1), 10000);
  log_size constant bigint := (select s.log_size from audit_private.sealing s);
  place record;
  backlog audit_private.sink_approval;
begin
  if read_sink.after is not null then
    place := audit_private.read_sink_cursor(read_sink.after);
  else
    select null::text as mode, null::uuid as tenant_id, null::bigint as log_index, null::integer as place,
      null::bigint as retry_number
    into place;
  end if;

  update audit_private.sink_approval a
  set until_log_index = log_size
  where a.sink_name = taken.sink_name and a.tenant_id = any (tenants) and a.until_log_index is null;
  if coalesce(place.mode, 'retry') = 'retry' then
    return query
    select * from audit_private.deliver_letters(taken, tenants, coalesce(place.retry_number, 0), size);
    if found then
      return;
    end if;
  end if;

  if coalesce(place.mode, 'backlog') <> 'log' then
    for backlog in
      select b.* from audit_private.sink_approval b
      where b.sink_name = taken.sink_name
        and b.tenant_id = any (tenants)
        and b.log_index < b.until_log_index
        and b.tenant_id >= coalesce(place.tenant_id, '00000000-0000-0000-0000-000000000000')
      order by b.tenant_id
    loop
      return query
      select * from audit_private.deliver_span(
        taken, 'backlog:' || backlog.tenant_id, array[backlog.tenant_id],
        case when backlog.tenant_id = place.tenant_id then place.log_index else backlog.log_index end,
        case when backlog.tenant_id = place.tenant_id then place.place else backlog.place end,
        backlog.until_log_index, size);
      if found then
        return;
      end if;
    end loop;
  end if;

  if place.mode = 'log' then
    taken.log_index := place.log_index;
    taken.place := place.place;
  end if;
  return query
  select * from audit_private.deliver_span(
    taken, 'log', audit_private.sink_tenants(taken, taken.log_index), taken.log_index, taken.place,
    least(log_size, (
      select min(a.until_log_index)
      from audit_private.sink_approval a
      where a.sink_name = taken.sink_name and a.tenant_id = any (tenants) and a.until_log_index > taken.log_index
    )), size);
end
$$;
comment on function audit.read_sink(text, integer, text) is
  'The next events of a sink in its format, 1 to 10000, behind what was acknowledged or behind the cursor of an earlier row: '
  'once acknowledge_sink is given the last row''s cursor they don''t come again. A row without an event only says how far '
  'there is none. For the one role that the sink names; raises WT037, WT150, WT151 and WT152.';
grant execute on function audit.read_sink(text, integer, text) to audit_shipper;
