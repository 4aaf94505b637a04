-- What a procedure can't run, since each is a statement of its own outside any transaction block, and takes the
-- owner's rights. Nobody waits for any of it. Without it maintain_partitions builds the indexes, holding back imports
-- into the partition, and autovacuum freezes.
create or replace function audit.list_upkeep()
returns table (partition_name text, statement text)
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select p.partition_name, s.statement
  from audit_private.event_partitions() p
  join pg_class c on c.relnamespace = 'audit_private'::regnamespace and c.relname = p.partition_name
  cross join lateral (
    select i.statement, 1 as place
    from audit_private.partition_index_statements(p.partition_name, true) with ordinality as i (statement, place)
    union all
    select format('vacuum (freeze, analyze) audit_private.%I', p.partition_name), 2
    where c.relallvisible < pg_relation_size(c.oid) / current_setting('block_size')::integer
  ) s
  where p.until_time <= now() - interval '24 hours' and not audit_private.is_partition_empty(p.partition_name)
  order by p.from_time desc, s.place
$$;
comment on function audit.list_upkeep() is
  'statements that close partitions without holding anybody back: each alone, in order, by a login that may set role '
  'audit_owner; pgwitness jobs run executes them; for audit_operator';
grant execute on function audit.list_upkeep() to audit_operator;
