create or replace function audit.list_options()
returns table (
  name text,
  value text,
  default_value text,
  description text,
  changed_at timestamptz,
  changed_by text
)
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select o.name, o.value, o.default_value, o.description, o.changed_at, o.changed_by
  from audit_private.option o
  order by o.name
$$;
comment on function audit.list_options() is 'options of the installation; for audit_operator and audit_auditor';
grant execute on function audit.list_options() to audit_operator, audit_auditor;
