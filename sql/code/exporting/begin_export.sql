-- The statement reads the view as whoever runs it, so that rows leave through the wall and are never stored on the way.
-- It is to be run in a later transaction: committed before the first row, a rollback can't hide what was taken.
create or replace function audit.begin_export(
  filter jsonb default '{}',
  format text default 'jsonl',
  tenant_id uuid default null
)
returns table (export_id uuid, statement text)
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  tenant uuid;
  stored audit_private.export;
begin
  tenant := audit_private.require_tenant(begin_export.tenant_id);
  stored := audit_private.store_export(
    audit_private.require_access(tenant), begin_export.filter, begin_export.format, true);
  perform audit_private.release_tenant();
  export_id := stored.export_id;
  statement := audit_private.export_statement(stored);
  return next;
end
$$;
comment on function audit.begin_export(jsonb, text, uuid) is
  'Logs that an export begins and gives the COPY statement that streams it, csv or jsonl, to be run once this has '
  'committed; then tell how it ended with audit.finish_export. Needs an open access session. '
  'Raises WT030, WT031, WT032, WT035, WT036, WT040 and WT120.';
grant execute on function audit.begin_export(jsonb, text, uuid)
  to audit_reader, audit_admin, audit_privacy, audit_auditor;
