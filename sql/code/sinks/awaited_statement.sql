set local role audit_keeper;
-- Part of the deletion gate. What a sink still has to deliver is what the lists say behind its place, of the tenants that it
-- carries; with nothing there in the partition's time there is nothing to ask, and the gate reads as without sinks. Times
-- and places stand in it as constants, as all of the gate does.
create or replace function audit_private.awaited_statement(
  partition_name text,
  partition_until timestamptz,
  from_time timestamptz,
  until_time timestamptz
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
  with waited as (
    select s.sink_name, audit_private.sink_condition(s) as condition, p.*
    from audit_private.sink s
    cross join lateral audit_private.sink_spans(s) p
    where s.purge_waits
  ),
  statement as (
    select format(
      'select e.ctid, d.tenant_id, null::boolean, true
      from due d
      join audit_private.seal s on s.tenant_id = d.tenant_id
      join audit_private.seal_part p on p.tenant_id = s.tenant_id and p.seal_number = s.seal_number
      cross join lateral unnest(p.times, p.ids) with ordinality as u (occurred_at, id, place)
      join audit_private.%1$I e on e.tenant_id = d.tenant_id and e.occurred_at = u.occurred_at and e.id = u.id
      where d.tenant_id = any (%2$L::uuid[])
        and p.last_at >= %3$L::timestamptz and p.first_at < %4$L::timestamptz
        and u.occurred_at >= %3$L::timestamptz and u.occurred_at < least(d.removable_before, %4$L::timestamptz)
        and (s.log_index, p.part * 1024 + u.place) > (%5$s, %6$s)%7$s
        and s.log_index >= %5$s
        and (%8$s)',
      awaited_statement.partition_name, array_agg(w.tenant_id order by w.tenant_id), awaited_statement.from_time,
      least(awaited_statement.until_time, awaited_statement.partition_until), w.log_index, w.place,
      case when w.until_log_index is not null then
        format(' and s.log_index < %s', w.until_log_index) end,
      w.condition) as text
    from waited w
    where exists (
      select from audit_private.seal s
      where s.tenant_id = w.tenant_id and s.log_index >= w.log_index
        and s.first_at < least(awaited_statement.until_time, awaited_statement.partition_until)
        and s.last_at >= awaited_statement.from_time
    )
    group by w.sink_name, w.condition, w.log_index, w.place, w.until_log_index
    union all
    select format(
      'select e.ctid, d.tenant_id, null::boolean, true
      from due d
      join audit_private.dead_letter l on l.tenant_id = d.tenant_id
      join audit_private.sink s on s.sink_name = l.sink_name and s.purge_waits
      join audit_private.%I e on e.tenant_id = d.tenant_id and e.occurred_at = l.occurred_at and e.id = l.event_id
      where e.occurred_at >= %L::timestamptz and e.occurred_at < least(d.removable_before, %L::timestamptz)',
      awaited_statement.partition_name, awaited_statement.from_time,
      least(awaited_statement.until_time, awaited_statement.partition_until))
    where exists (
      select from audit_private.dead_letter l
      join audit_private.sink s on s.sink_name = l.sink_name and s.purge_waits
      where l.occurred_at < least(awaited_statement.until_time, awaited_statement.partition_until)
        and l.occurred_at >= awaited_statement.from_time
    )
  )
  select string_agg(s.text, ' union all ' order by s.text) from statement s
$$;
comment on function audit_private.awaited_statement(text, timestamptz, timestamptz, timestamptz) is
  'SQL that gives what is due in a partition and a sink for which purges wait has not delivered; null when there is nothing';
