set local role audit_keeper;
-- What nothing has expired in for anybody isn't opened at all, so that a night with nothing to do costs nothing.
create or replace function audit_private.expired_partitions(at timestamptz)
returns table (partition_name text, from_time timestamptz, until_time timestamptz)
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select p.partition_name, p.from_time, p.until_time
  from audit_private.event_partitions() p
  where p.from_time < (
      select max(expired_partitions.at - r.days * interval '24 hours')
      from (
        select p.days from audit_private.policies_in_force(expired_partitions.at) p
        union all
        select h.days from audit_private.hot_policies_in_force(expired_partitions.at) h
      ) r
    )
$$;
comment on function audit_private.expired_partitions(timestamptz) is
  'the partitions in which some tenant''s events may have expired';
grant execute on function audit_private.expired_partitions(timestamptz) to audit_owner;
