-- Keeps role_binding equal to the two kinds of grant. The catalogue's lock comes first, and each statement
-- after it sees what concurrent grants and definitions have committed.
create or replace function audit_private.bind_roles()
returns trigger
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  touched constant name := coalesce(new.role_name, old.role_name);
begin
  perform audit_private.lock_catalogue();
  insert into audit_private.role_binding
    (role_name, is_service, tenant_ids, entity_types, transaction_offset, events_until, recorder)
  select touched,
    exists (select from audit_private.service_grant s where s.role_name = touched),
    array(select g.tenant_id from audit_private.tenant_grant g where g.role_name = touched order by g.tenant_id),
    array(select t.entity_type from audit_private.entity_type t order by t.entity_type),
    i.transaction_offset, i.events_until, audit_private.quoted_role(touched)
  from audit_private.instance i
  on conflict (role_name) do update
  set is_service = excluded.is_service, tenant_ids = excluded.tenant_ids;

  delete from audit_private.role_binding b
  where b.role_name = touched and not b.is_service and b.tenant_ids = '{}';
  return null;
end
$$;
comment on function audit_private.bind_roles() is 'trigger: keeps role_binding equal to the grants';
