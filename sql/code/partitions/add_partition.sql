-- Made by ATTACH, which takes no lock that writers or readers of the log wait for: CREATE TABLE … PARTITION OF
-- would lock the parent against everybody. A partition inherits neither row-level security nor grants nor
-- statement triggers, so it gets its own before it is attached.
--
-- Whoever adds a partition holds the lock until commit, so that two never choose overlapping bounds. The
-- bounds are those of the calendar, clipped where partitions of another width stand already.
create or replace function audit_private.add_partition(moment timestamptz)
returns text
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set default_tablespace = ''
set default_table_access_method = 'heap'
as $$
declare
  width text;
  lower_bound timestamptz;
  upper_bound timestamptz;
  partition_name text;
begin
  perform audit_private.lock_catalogue();
  select o.value into width from audit_private.option o where o.name = 'partition_width';
  select
    greatest(date_trunc(width, add_partition.moment), max(p.until_time) filter (where p.until_time <= add_partition.moment)),
    least(
      date_trunc(width, add_partition.moment) + ('1 ' || width)::interval,
      min(p.from_time) filter (where p.from_time > add_partition.moment))
  into lower_bound, upper_bound
  from audit_private.event_partitions() p
  having not coalesce(bool_or(add_partition.moment >= p.from_time and add_partition.moment < p.until_time), false);
  if lower_bound is null then
    return null;
  end if;

  partition_name := 'event_' || to_char(lower_bound, 'YYYYMMDD');
  execute format('create table audit_private.%I (like audit_private.event including all)', partition_name);
  execute format('comment on table audit_private.%I is %L', partition_name,
    format('events from %s until %s', to_char(lower_bound, 'YYYY-MM-DD'), to_char(upper_bound, 'YYYY-MM-DD')));
  perform audit_private.guard_partition(partition_name);
  execute format(
    'alter table audit_private.event attach partition audit_private.%I for values from (%L) to (%L)',
    partition_name, lower_bound, upper_bound);
  perform audit_private.note_partitions_end();
  return partition_name;
end
$$;
comment on function audit_private.add_partition(timestamptz) is
  'makes the partition that holds a moment and returns its name; null when there is one';
