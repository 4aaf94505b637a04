create or replace function audit.list_partitions()
returns table (
  partition_name text,
  from_time timestamptz,
  until_time timestamptz,
  is_closed boolean,
  estimated_rows bigint,
  bytes bigint
)
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select p.partition_name, p.from_time, p.until_time, p.is_closed, greatest(c.reltuples, 0)::bigint,
    pg_total_relation_size(c.oid)
  from audit_private.event_partitions() p
  join pg_class c on c.relnamespace = 'audit_private'::regnamespace and c.relname = p.partition_name
  order by p.from_time
$$;
comment on function audit.list_partitions() is
  'partitions of the log, oldest first, with estimated rows and bytes; for audit_operator and audit_auditor';
grant execute on function audit.list_partitions() to audit_operator, audit_auditor;
