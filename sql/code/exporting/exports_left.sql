-- Exact for who has locked the tenant's row, as whoever begins exports has.
create or replace function audit_private.exports_left(tenant_id uuid)
returns bigint
language sql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select greatest(0, 2 - count(*))
  from audit_private.export x
  where x.tenant_id = exports_left.tenant_id and x.state = 'running' and not x.is_straight
$$;
comment on function audit_private.exports_left(uuid) is 'how many more exports of a tenant may begin: two run at a time';
