-- One text for what the log says of exports. The reading of a download has a number, as every reading has.
create or replace function audit_private.write_export_event(
  export audit_private.export,
  step text,
  description text,
  session audit_private.access_session default null,
  metadata jsonb default '{}'
)
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform audit_private.write_system_event(
    tenant_id => (write_export_event.export).tenant_id,
    action => 'audit_log_exported',
    entity_type => 'audit_export',
    entity_id => (write_export_event.export).export_id::text,
    description => write_export_event.description,
    metadata => jsonb_strip_nulls(jsonb_build_object(
      'step', write_export_event.step,
      'export_id', (write_export_event.export).export_id,
      'format', (write_export_event.export).format,
      'is_straight', (write_export_event.export).is_straight,
      'requested_by', (write_export_event.export).requested_by,
      'access_id', (write_export_event.session).access_id,
      'access_reason', (write_export_event.session).access_reason,
      'justification', (write_export_event.session).justification
    )) || jsonb_build_object('filter', (write_export_event.export).filter) || write_export_event.metadata
  );
end
$$;
comment on function audit_private.write_export_event(
  audit_private.export, text, text, audit_private.access_session, jsonb
) is 'writes the event audit_log_exported of one step of an export';
