-- History from elsewhere. Toggles silence an application's events, not its history, so they aren't asked;
-- mandatory actions of another log come in too, since source says 'imported' and recorded_by who did it.
-- What a run brought is itself an event. The tenant's row is locked, so that imports of one tenant come one after
-- the other and each sees what the last has stored.
create or replace function audit.import_events(events jsonb, reason text, tenant_id uuid default null)
returns table (
  line integer,
  result text,
  event_id uuid,
  sqlstate text,
  message text,
  hint text,
  is_expired boolean
)
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  tenant constant uuid := audit_private.require_tenant(import_events.tenant_id);
  checked_reason constant text := audit_private.check_reason(import_events.reason);
  imported integer := 0;
  repeated integer := 0;
  refused integer := 0;
begin
  if jsonb_typeof(import_events.events) is distinct from 'array'
    or jsonb_array_length(import_events.events) > 10000
  then
    raise exception using
      errcode = 'WT013',
      message = 'an import takes an array of at most 10,000 events',
      detail = format('Given is %s.', coalesce(case jsonb_typeof(import_events.events)
        when 'array' then format('one of %s', jsonb_array_length(import_events.events))
        else jsonb_typeof(import_events.events) end, 'null')),
      hint = 'Call it again for the next events: an import can be repeated without doubling.';
  end if;
  perform audit_private.require_read_committed();
  perform from audit_private.tenant t where t.tenant_id = tenant and t.retired_at is null for no key update;
  if not found then
    perform audit_private.refuse_codes(tenant, null, null);
  end if;
  perform audit_private.add_partitions(audit_private.batch_times(import_events.events));
  for line, result, event_id, sqlstate, message, hint, is_expired in
    select b.* from audit_private.import_batch(tenant, import_events.events, 0) b order by b.line
  loop
    imported := imported + (result = 'imported')::integer;
    repeated := repeated + (result = 'repeated')::integer;
    refused := refused + (result = 'refused')::integer;
    return next;
  end loop;
  perform audit_private.write_system_event(
    tenant_id => tenant,
    action => 'events_imported',
    entity_type => 'audit_log',
    entity_id => null,
    description => format('%s events imported, %s repeated, %s refused', imported, repeated, refused),
    metadata => jsonb_build_object(
      'reason', checked_reason, 'imported', imported, 'repeated', repeated, 'refused', refused));
  perform audit_private.release_tenant();
end
$$;
comment on function audit.import_events(jsonb, text, uuid) is
  'imports events of the past, which may be run again; a row an event: imported, repeated or refused; for audit_admin';
grant execute on function audit.import_events(jsonb, text, uuid) to audit_admin;
