-- Opens the administrative tables of every tenant to those who administer or audit all of them; events
-- stay behind the wall. The owner counts while it installs, the keeper while it
-- uninstalls.
create or replace function audit_private.sees_all_tenants()
returns boolean
language sql
stable
parallel restricted
as $$
  select r.name in ('audit_owner', 'audit_keeper')
    or pg_catalog.pg_has_role(r.name, 'audit_operator', 'usage')
    or pg_catalog.pg_has_role(r.name, 'audit_auditor', 'usage')
  from audit_private.effective_role() as r (name)
$$;
comment on function audit_private.sees_all_tenants() is
  'whether the role administers or audits every tenant';
grant execute on function audit_private.sees_all_tenants() to audit_writer;
