-- The one place that says how long events are kept.
create or replace function audit_private.retention_cutoff(tenant_id uuid)
returns timestamptz
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select now() - interval '365 days'
$$;
comment on function audit_private.retention_cutoff(uuid) is
  'events strictly older than this are due to be purged: 365 days, the policy of every tenant that has set none';
grant execute on function audit_private.retention_cutoff(uuid) to audit_writer, audit_finder, audit_keeper;
