create or replace function audit.set_category_logging(category text, enabled boolean, reason text default null, tenant_id uuid default null)
returns boolean
language sql
volatile
parallel unsafe
as $$
  select audit.set_toggles(
    pg_catalog.jsonb_build_object('categories', pg_catalog.jsonb_build_object(coalesce(category, ''), enabled)), reason, tenant_id) operator(pg_catalog.>) 0
$$;
comment on function audit.set_category_logging(text, boolean, text, uuid) is
  'turns a category on or off; null removes the setting; true when that changed anything; needs a reason when it silences; for audit_admin';
grant execute on function audit.set_category_logging(text, boolean, text, uuid) to audit_admin;
