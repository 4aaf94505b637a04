create or replace function audit.set_logging(enabled boolean, reason text default null, tenant_id uuid default null)
returns boolean
language sql
volatile
parallel unsafe
as $$
  select audit.set_toggles(pg_catalog.jsonb_build_object('logging', enabled), reason, tenant_id) operator(pg_catalog.>) 0
$$;
comment on function audit.set_logging(boolean, text, uuid) is
  'turns all logging of a tenant on or off, mandatory events apart; true when that changed anything; needs a reason when it silences; for audit_admin';
grant execute on function audit.set_logging(boolean, text, uuid) to audit_admin;
