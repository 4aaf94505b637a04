-- Keys and lengths are those of CEF's dictionary; what it has no key for goes into custom strings, and what is left into keys
-- of our own. Only IPv4 has a place in src; IPv6 addresses of a source belong to c6a2.
create or replace function audit_private.cef_record(e audit_private.delivered_event, options jsonb)
returns text
language sql
stable
parallel safe
as $$
  select pg_catalog.concat(
    'CEF:0|pgwitness|pgwitness|1|', e.action, '|',
    pg_catalog.translate(pg_catalog.replace(pg_catalog.replace(
      pg_catalog."left"(coalesce(nullif(e.action_title, ''), e.action), 512), E'\\', E'\\\\'), '|', E'\\|'), E'\r\n', '  '),
    '|', 2 * audit_private.event_severity(e.action, e.outcome, e.category) + 1,
    '|rt=', audit_private.microseconds(e.occurred_at) / 1000,
    ' externalId=', e.id,
    ' act=', e.action,
    ' outcome=', e.outcome,
    audit_private.cef_extension('cat', e.category, 1023),
    ' deviceExternalId=', e.tenant_id,
    audit_private.cef_extension('dvchost', options ->> 'host_name', 100),
    audit_private.cef_extension('suid', e.actor_id, 1023),
    audit_private.cef_extension('suser', coalesce(e.actor ->> 'name', e.actor ->> 'email', e.actor_id), 1023),
    ' spriv=', e.actor_type,
    case pg_catalog.family(e.ip) when 4 then ' src=' else ' c6a2Label=Source IPv6 Address c6a2=' end || pg_catalog.host(e.ip),
    audit_private.cef_extension('requestClientApplication', e.user_agent, 1023),
    audit_private.cef_extension('reason', e.error_message, 1023),
    audit_private.cef_extension('msg', e.description, 1023),
    audit_private.cef_extension('cs1Label=tenantName cs1', e.tenant_name, 4000),
    audit_private.cef_extension('cs2Label=entityType cs2', e.entity_type, 4000),
    audit_private.cef_extension('cs3Label=entityId cs3', e.entity_id, 4000),
    audit_private.cef_extension('cs4Label=target cs4', e.target::text, 4000),
    audit_private.cef_extension('cs5Label=changes cs5', e.changes::text, 4000),
    audit_private.cef_extension('cs6Label=metadata cs6', e.metadata::text, 4000),
    ' cn1Label=sequence cn1=', e.sequence,
    ' cn2Label=transactionId cn2=', e.transaction_id,
    ' deviceCustomDate1Label=recordedAt deviceCustomDate1=', audit_private.microseconds(e.recorded_at) / 1000,
    audit_private.cef_extension('pgwitnessActor', e.actor::text, 4000),
    audit_private.cef_extension('pgwitnessRequestId', e.request_id, 4000),
    audit_private.cef_extension('pgwitnessRecordedBy', e.recorded_by, 4000),
    ' pgwitnessSource=', e.source)
$$;
comment on function audit_private.cef_record(audit_private.delivered_event, jsonb) is
  'an event in the Common Event Format, version 0';
grant execute on function audit_private.cef_record(audit_private.delivered_event, jsonb) to audit_keeper;
