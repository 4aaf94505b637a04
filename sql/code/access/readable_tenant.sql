-- The wall around the events asks for the session itself. Code of the caller's own may run between the gate of a
-- reading route and the first row, and change the context meanwhile: whatever tenant it chooses then, rows come
-- out only where it has an open session.
create or replace function audit_private.readable_tenant()
returns uuid
language sql
stable
parallel restricted
security definer
set search_path = pg_catalog, pg_temp
as $$
  select s.tenant_id from audit_private.find_access(audit_private.visible_tenant()) s
$$;
comment on function audit_private.readable_tenant() is
  'the visible tenant, when the caller has an open access session there; else null';
grant execute on function audit_private.readable_tenant()
  to audit_reader, audit_admin, audit_privacy, audit_auditor;
