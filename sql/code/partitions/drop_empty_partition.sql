-- Dropping locks the whole log for a moment, which writers wait for: 100 ms at most, and when it can't be had the next
-- run tries again. Empty is asked once more behind the lock, since an import may have filled it meanwhile. A partition
-- of the last month stays, so that a quiet week doesn't make one come and go.
create or replace function audit_private.drop_empty_partition()
returns text
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '100ms'
as $$
declare
  dropped text;
begin
  select p.partition_name into dropped
  from audit_private.event_partitions() p
  where p.until_time < now() - interval '31 days' and audit_private.is_partition_empty(p.partition_name)
  order by p.from_time
  limit 1;
  if dropped is null then
    return null;
  end if;
  if audit_private.is_partition_empty(dropped, locks_it => true) then
    execute format('drop table audit_private.%I', dropped);
  end if;
  return dropped;
exception when lock_not_available then
  return null;
end
$$;
comment on function audit_private.drop_empty_partition() is
  'drops the oldest partition that is empty and returns its name; null when there is none, or the log is in use; a step of '
  'maintain_partitions';
grant execute on function audit_private.drop_empty_partition() to audit_operator;
