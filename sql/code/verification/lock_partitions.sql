-- A partition that a purge empties after a snapshot was taken is empty in that snapshot as well, while its lists are as they
-- were. So whoever verifies locks the partitions first, and verifies in the statement after; in a transaction that keeps an
-- older snapshot that doesn't help. The last year is read for what tells of purges and holds.
create or replace function audit_private.lock_partitions(from_time timestamptz, until_time timestamptz)
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  name text;
begin
  perform audit_private.require_read_committed();
  for name in
    select p.partition_name
    from audit_private.event_partitions() p
    where p.until_time > least(lock_partitions.from_time, clock_timestamp() - interval '366 days')
      and p.from_time < greatest(lock_partitions.until_time, clock_timestamp())
    order by p.from_time
  loop
    execute format('lock table audit_private.%I in access share mode', name);
  end loop;
end
$$;
comment on function audit_private.lock_partitions(timestamptz, timestamptz) is
  'keeps the partitions of a time, and of the last year, from being emptied until the transaction ends; raises WT037';
