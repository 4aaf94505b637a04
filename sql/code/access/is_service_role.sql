-- A service role stands for many people, whom its context names; any other role stands for itself.
create or replace function audit_private.is_service_role()
returns boolean
language sql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select from audit_private.role_binding b
    where b.role_name = audit_private.effective_role() and b.is_service
  )
$$;
comment on function audit_private.is_service_role() is
  'whether the effective role is bound to all tenants and speaks for the actors of its context';
