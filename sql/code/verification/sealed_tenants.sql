-- Asked of the seals, not of the table of tenants: whoever takes a tenant out of that would take its events out of sight.
-- A loose walk along the primary key, since a tenant has half a million seals a year. Neither definer nor pinned, as
-- seals_between.
create or replace function audit_private.sealed_tenants()
returns setof uuid
language sql
stable
parallel safe
as $$
  with recursive sealed as (
    (select s.tenant_id from audit_private.seal s order by s.tenant_id limit 1)
    union all
    select (
      select s.tenant_id from audit_private.seal s where s.tenant_id > w.tenant_id order by s.tenant_id limit 1
    )
    from sealed w
    where w.tenant_id is not null
  )
  select w.tenant_id from sealed w where w.tenant_id is not null
$$;
comment on function audit_private.sealed_tenants() is 'tenants that have a seal, also when they are registered no more';
grant execute on function audit_private.sealed_tenants() to audit_finder;
