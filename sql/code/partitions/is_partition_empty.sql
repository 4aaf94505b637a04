set local role audit_keeper;
-- The owner, who may drop a partition, sees no event; the keeper, who sees them, may not drop it. Locked, it stays as
-- empty as it was found until the transaction ends.
create or replace function audit_private.is_partition_empty(partition_name text, locks_it boolean default false)
returns boolean
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  is_empty boolean;
begin
  if is_partition_empty.locks_it then
    execute format('lock table audit_private.%I in access exclusive mode', is_partition_empty.partition_name);
  end if;
  execute format('select not exists (select from audit_private.%I)', is_partition_empty.partition_name) into is_empty;
  return is_empty;
end
$$;
comment on function audit_private.is_partition_empty(text, boolean) is 'whether a partition holds no event';
grant execute on function audit_private.is_partition_empty(text, boolean) to audit_owner;
