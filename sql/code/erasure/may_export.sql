-- Never waits: the job has other tenants' exports to write, and comes back every minute.
create or replace function audit_private.may_export(tenant_id uuid)
returns boolean
language sql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select pg_try_advisory_xact_lock_shared(hashtextextended('pgwitness erasure ' || may_export.tenant_id, 0))
$$;
comment on function audit_private.may_export(uuid) is
  'whether no erasure of the tenant is under way; none erases anything then until the transaction ends';
