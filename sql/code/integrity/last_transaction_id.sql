set local role audit_finder;
create or replace function audit_private.last_transaction_id()
returns bigint
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(max(e.transaction_id), 0) from audit_private.event e
$$;
comment on function audit_private.last_transaction_id() is 'the largest transaction number of any event';
grant execute on function audit_private.last_transaction_id() to audit_owner;
