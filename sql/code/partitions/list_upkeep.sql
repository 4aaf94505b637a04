-- What a procedure can't run, since each is a statement of its own outside any transaction block, and takes the
-- owner's rights. Nobody waits for any of it. Without it maintain_partitions builds the indexes, holding back imports
-- into the partition, and autovacuum freezes, and takes what was erased out of the files when it comes to it.
create or replace function audit.list_upkeep()
returns table (partition_name text, statement text)
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select u.name, u.statement
  from (
    select 1 as part, p.from_time, s.place, p.partition_name as name, s.statement
    from (
      select e.*, c.oid, e.until_time <= now() - interval '24 hours' as is_cold,
        c.relallvisible < pg_relation_size(c.oid) / current_setting('block_size')::integer as is_unfrozen,
        exists (
          select
          from audit_private.erased_event x
          where x.occurred_at >= e.from_time
            and x.occurred_at < e.until_time
            and x.erased_at > audit_private.last_vacuumed_at(c.oid)
        ) as is_erased
      from audit_private.event_partitions() e
      join pg_class c on c.relnamespace = 'audit_private'::regnamespace and c.relname = e.partition_name
    ) p
    cross join lateral (
      select i.statement, 1 as place
      from audit_private.partition_index_statements(p.partition_name, true) with ordinality as i (statement, place)
      where p.is_cold
      union all
      select format('vacuum (%sanalyze) audit_private.%I', case when p.is_cold then 'freeze, ' end, p.partition_name), 2
      where p.is_cold and p.is_unfrozen or p.is_erased
    ) s
    where p.is_erased or p.is_cold and not audit_private.is_partition_empty(p.partition_name)
    union all
    select 2, null, 1, c.relname, format('vacuum (analyze) audit_private.%I', c.relname)
    from pg_class c
    where c.relnamespace = 'audit_private'::regnamespace
      and c.relname in (
        'access_session', 'capture_spool', 'data_purge_receipt', 'epoch', 'erasure', 'export', 'export_chunk',
        'idempotency_key', 'job_run', 'legal_hold', 'purge_receipt', 'retention_floor', 'retention_policy', 'service_grant')
      and exists (
        select from audit_private.erasure x where x.requested_at > audit_private.last_vacuumed_at(c.oid)
      )
  ) u
  order by u.part, u.from_time desc, u.place, u.name
$$;
comment on function audit.list_upkeep() is
  'statements that close partitions without holding anybody back, and that rid tables of what was erased: each alone, in '
  'order, by a login that may set role audit_owner; pgwitness jobs run executes them; for audit_operator';
grant execute on function audit.list_upkeep() to audit_operator;
