set local role audit_keeper;
-- Asked of the BRIN index, for which a partition that nobody writes to any more is a few pages.
create or replace function audit_private.has_newer_events(partition_name text, transaction_id bigint)
returns boolean
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  has_newer boolean;
begin
  execute format('select exists (select from audit_private.%I e where e.transaction_id >= $1)',
    has_newer_events.partition_name)
  into has_newer
  using has_newer_events.transaction_id;
  return has_newer;
end
$$;
comment on function audit_private.has_newer_events(text, bigint) is
  'whether a partition has events of transactions from a number on';
