-- Planning a query over thousands of partitions takes seconds, so nobody asks for all of them at
-- once: readers walk windows of 1, 2, 4 … and at most 32 partitions, newest first, and stop when they
-- have enough. Partitions made ahead are left out while they are empty, which their size tells.
create or replace function audit_private.event_windows(from_time timestamptz, until_time timestamptz)
returns table (window_from timestamptz, window_until timestamptz)
language sql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set standard_conforming_strings = on
as $$
  select min(n.from_time), max(n.until_time)
  from (
    select p.from_time, p.until_time, row_number() over (order by p.from_time desc) as place
    from audit_private.event_partitions() p
    where (p.from_time < event_windows.until_time or event_windows.until_time is null)
      and (p.until_time > event_windows.from_time or event_windows.from_time is null)
      and (
        p.from_time <= clock_timestamp()
        or pg_relation_size(to_regclass(format('audit_private.%I', p.partition_name))) > 0
      )
  ) n
  cross join lateral (
    select case when n.place < 32 then floor(log(2, n.place)) else 4 + n.place / 32 end as step
  ) s
  group by s.step
  order by s.step
$$;
comment on function audit_private.event_windows(timestamptz, timestamptz) is
  'spans of partitions between two times, newest first and growing, that together hold every event';
grant execute on function audit_private.event_windows(timestamptz, timestamptz) to audit_finder, audit_keeper;
