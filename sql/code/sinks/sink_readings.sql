set local role audit_keeper;
-- In their order: what is to be tried again, each tenant's backlog, the log. Of the log no further than to the place from
-- which on another tenant takes part. Behind a cursor, only what comes after it in that order.
create or replace function audit_private.sink_readings(
  sink audit_private.sink,
  tenant_ids uuid[],
  log_size bigint,
  after_mode text,
  after_index bigint,
  after_place integer
)
returns table (mode text, tenant_ids uuid[], log_index bigint, place integer, until_log_index bigint)
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  with reading as (
    select 1 as step, 'retry' as mode, sink_readings.tenant_ids, 0::bigint as log_index,
      0 as place, null::bigint as until_log_index
    union all
    select 2, 'backlog:' || a.tenant_id, array[a.tenant_id], a.log_index, a.place, a.until_log_index
    from audit_private.sink_approval a
    where a.sink_name = (sink_readings.sink).sink_name
      and a.tenant_id = any (sink_readings.tenant_ids)
      and a.log_index < a.until_log_index
    union all
    select 3, 'log', null, (sink_readings.sink).log_index, (sink_readings.sink).place, null
  ),
  resumed as (
    select r.step, r.mode, r.tenant_ids, r.until_log_index,
      case when r.mode = sink_readings.after_mode then sink_readings.after_index else r.log_index end as log_index,
      case when r.mode = sink_readings.after_mode then sink_readings.after_place else r.place end as place
    from reading r
    where sink_readings.after_mode is null
      or (r.step, r.mode) >= (
        case sink_readings.after_mode when 'retry' then 1 when 'log' then 3 else 2 end, sink_readings.after_mode)
  )
  select r.mode,
    case r.step when 3 then audit_private.sink_tenants(sink_readings.sink, r.log_index) else r.tenant_ids end,
    r.log_index, r.place,
    case r.step
      when 1 then 9223372036854775807
      when 2 then r.until_log_index
      else least(sink_readings.log_size, (
        select min(a.until_log_index)
        from audit_private.sink_approval a
        where a.sink_name = (sink_readings.sink).sink_name
          and a.tenant_id = any (sink_readings.tenant_ids)
          and a.until_log_index > r.log_index
      ))
    end
  from resumed r
  order by r.step, r.mode
$$;
comment on function audit_private.sink_readings(audit_private.sink, uuid[], bigint, text, bigint, integer) is
  'what a sink is to be read from of the tenants that it carries, one behind the other: a mode, and a place from which to read up to a seal';
