set local role audit_keeper;
-- TRUNCATE with what survives put back, where that is less work: where there is enough to be worth new files for table
-- and indexes, and ten times more goes than stays, since an event put back goes into every index anew. No row that goes
-- is read, and next to nothing is written to the WAL. It locks this partition alone. Imports into it wait from the first
-- lock on, so that nothing comes in between; readers only from TRUNCATE to the end of the transaction. Neither lock is
-- waited for longer than 100 ms, since others would queue behind.
--
-- Survivors are held in memory meanwhile, so no more than 100,000, and no more than 256 MB by the partition's average.
create or replace function audit_private.empty_partition(
  partition_name text,
  partition_from timestamptz,
  partition_until timestamptz,
  at timestamptz,
  due bigint,
  run_id uuid
)
returns boolean
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
  most bigint;
  survivors audit_private.event[];
  tenants uuid[];
  cutoffs timestamptz[];
begin
  if empty_partition.due < 5000 then
    return false;
  end if;
  select least(
    empty_partition.due / 10, 100000,
    268435456 / greatest(pg_table_size(c.oid) / greatest(c.reltuples, empty_partition.due), 1))
  into most
  from pg_class c
  where c.relnamespace = 'audit_private'::regnamespace and c.relname = empty_partition.partition_name;
  execute format('select array_agg(s.event) from (select * from (%s) s limit %s) s',
    audit_private.survivors_statement(
      empty_partition.partition_name, empty_partition.partition_until, empty_partition.at),
    most + 1)
  into survivors;
  if cardinality(survivors) > most then
    return false;
  end if;
  execute audit_private.deletion_gate(
    empty_partition.partition_name, empty_partition.partition_until, empty_partition.at)
    || ' select array_agg(d.tenant_id), array_agg(d.removable_before) from due d'
  into tenants, cutoffs;
  perform audit_private.note_removals(
    empty_partition.run_id, d.tenant_id, empty_partition.partition_from, d.cutoff, k.times, k.ids)
  from unnest(tenants, cutoffs) as d (tenant_id, cutoff)
  left join (
    select s.tenant_id, array_agg(s.occurred_at) as times, array_agg(s.id) as ids
    from unnest(survivors) as s
    group by s.tenant_id
  ) k on k.tenant_id = d.tenant_id;
  execute format('truncate only audit_private.%I', empty_partition.partition_name);
  insert into audit_private.event select s.* from unnest(survivors) as s;
  return true;
end
$$;
comment on function audit_private.empty_partition(text, timestamptz, timestamptz, timestamptz, bigint, uuid) is
  'removes from a partition all that is due, by TRUNCATE; false where deleting is less work; a step of purge_events';
