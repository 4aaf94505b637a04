-- The end of what is covered without a hole from a moment on; the moment itself when nothing covers it.
create or replace function audit_private.partitions_end(moment timestamptz)
returns timestamptz
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(min(p.until_time), partitions_end.moment)
  from audit_private.event_partitions() p
  where p.until_time > partitions_end.moment
    and exists (
      select from audit_private.event_partitions() c
      where c.from_time <= partitions_end.moment and c.until_time > partitions_end.moment
    )
    and not exists (
      select from audit_private.event_partitions() n where n.from_time = p.until_time
    )
$$;
comment on function audit_private.partitions_end(timestamptz) is
  'until when there are partitions without a hole, from a moment on';
