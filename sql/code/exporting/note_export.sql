-- From another connection than the one that streams, since that one is busy.
create or replace function audit.note_export(
  export_id uuid,
  rows bigint default null,
  bytes bigint default null,
  tenant_id uuid default null
)
returns boolean
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  tenant uuid;
  noted audit_private.export;
  goes_on boolean;
begin
  perform audit_private.require_writable();
  tenant := audit_private.require_tenant(note_export.tenant_id);
  noted := audit_private.find_export(tenant, note_export.export_id);
  update audit_private.export x
  set rows = coalesce(note_export.rows, x.rows), bytes = coalesce(note_export.bytes, x.bytes), noted_at = clock_timestamp()
  where x.export_id = noted.export_id
    and x.tenant_id = tenant
    and x.state = 'running'
    and x.process_id is not null;
  goes_on := audit_private.export_state(noted) = 'running';
  perform audit_private.release_tenant();
  return goes_on;
end
$$;
comment on function audit.note_export(uuid, bigint, bigint, uuid) is
  'Tells how far a worker is with an export that it took with audit.take_export. False when it is to stop, since the export '
  'was cancelled. Raises WT036, WT121 and WT122.';
grant execute on function audit.note_export(uuid, bigint, bigint, uuid)
  to audit_reader, audit_admin, audit_privacy, audit_auditor;
