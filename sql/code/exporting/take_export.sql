-- The other way to write an export that was asked for: a worker outside the database streams it into a file of its own.
-- It gets what its login may read and no more, hence an access session, and only its own exports unless it administers.
-- The tenant's row is locked before the export's, as where the job begins exports, so that never more than two run and
-- nobody writes what another does; an erasure of the tenant is waited for. One whose worker is gone may be taken again; its events stay until it ends.
create or replace function audit.take_export(export_id uuid, tenant_id uuid default null)
returns table (taken_id uuid, statement text)
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  tenant uuid;
  session audit_private.access_session;
  taken audit_private.export;
begin
  perform audit_private.require_read_committed();
  tenant := audit_private.require_tenant(take_export.tenant_id);
  session := audit_private.require_access(tenant);
  taken := audit_private.find_export(tenant, take_export.export_id);
  perform from audit_private.tenant t where t.tenant_id = tenant for no key update;
  if not audit_private.may_export(tenant) then
    perform audit_private.release_tenant();
    return;
  end if;
  select * into taken
  from audit_private.export x
  where x.tenant_id = tenant and x.export_id = taken.export_id
  for no key update;
  if not taken.is_straight and (
    audit_private.export_state(taken) = 'pending' and audit_private.exports_left(tenant) > 0
    or audit_private.export_state(taken) = 'running' and taken.process_id is not null and not audit_private.has_worker(taken)
  ) then
    update audit_private.export x
    set state = 'running',
      started_at = clock_timestamp(),
      noted_at = clock_timestamp(),
      process_id = pg_backend_pid(),
      incarnation = audit_private.current_incarnation(),
      rows = 0,
      bytes = 0
    where x.tenant_id = tenant and x.export_id = taken.export_id
    returning * into taken;
    perform audit_private.write_export_event(
      taken, 'taken', 'Began to write an export of the log into a file', session,
      jsonb_build_object('read_number', nextval('audit_private.read_number')));
    taken_id := taken.export_id;
    statement := audit_private.export_statement(taken);
    return next;
  end if;
  perform audit_private.release_tenant();
end
$$;
comment on function audit.take_export(uuid, uuid) is
  'Takes an export that waits, to write it into a file: the COPY statement that streams it, as audit.begin_export gives it; '
  'no row when it doesn''t wait, or two of the tenant are running. Tell how far it is with audit.note_export, and how it '
  'ended with audit.finish_export. Needs an open access session, and is logged. '
  'Raises WT030, WT031, WT032, WT035, WT036, WT121 and WT122.';
grant execute on function audit.take_export(uuid, uuid)
  to audit_reader, audit_admin, audit_privacy, audit_auditor;
