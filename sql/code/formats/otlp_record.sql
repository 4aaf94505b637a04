-- In the JSON of proto3 numbers of 64 bits are texts. What is null has no attribute. Eight levels of a snapshot come as lists
-- of keys and values, what lies deeper as JSON in a text.
create or replace function audit_private.otlp_record(e audit_private.delivered_event, options jsonb)
returns text
language sql
stable
parallel safe
as $$
  select pg_catalog.concat(
    '{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":',
    pg_catalog.to_json(coalesce(options ->> 'application', 'pgwitness')),
    '}}]},"scopeLogs":[{"scope":{"name":"pgwitness"},"logRecords":[{"timeUnixNano":"',
    audit_private.microseconds(e.occurred_at), '000","observedTimeUnixNano":"',
    audit_private.microseconds(e.recorded_at), '000',
    case
      when audit_private.event_severity(e.action, e.outcome, e.category) < 3
        then '","severityNumber":9,"severityText":"INFO"'
      else '","severityNumber":13,"severityText":"WARN"'
    end,
    ',"eventName":"pgwitness.event.', e.action,
    '","body":{"stringValue":', pg_catalog.to_json(coalesce(e.description, e.action_title, e.action)),
    '},"attributes":[{"key":"pgwitness.tenant_id","value":{"stringValue":"', e.tenant_id,
    '"}}', audit_private.otlp_attribute('tenant_name', e.tenant_name),
    ',{"key":"pgwitness.id","value":{"stringValue":"', e.id,
    '"}},{"key":"pgwitness.sequence","value":{"intValue":"', e.sequence,
    '"}},{"key":"pgwitness.transaction_id","value":{"intValue":"', e.transaction_id,
    '"}},{"key":"pgwitness.source","value":{"stringValue":"', e.source,
    '"}}', audit_private.otlp_attribute('category', e.category),
    ',{"key":"pgwitness.action","value":{"stringValue":"', e.action,
    '"}},{"key":"pgwitness.entity_type","value":{"stringValue":"', e.entity_type,
    '"}}', audit_private.otlp_attribute('entity_id', e.entity_id),
    ',{"key":"pgwitness.actor_type","value":{"stringValue":"', e.actor_type,
    '"}}', audit_private.otlp_attribute('actor_id', e.actor_id),
    ',{"key":"pgwitness.actor","value":' || audit_private.otlp_value(e.actor, 8) || '}',
    ',{"key":"pgwitness.target","value":' || audit_private.otlp_value(e.target, 8) || '}',
    ',{"key":"pgwitness.changes","value":' || audit_private.otlp_value(e.changes, 8) || '}',
    ',{"key":"pgwitness.metadata","value":' || audit_private.otlp_value(e.metadata, 8) || '}',
    ',{"key":"pgwitness.outcome","value":{"stringValue":"', e.outcome,
    '"}}', audit_private.otlp_attribute('error_message', e.error_message),
    audit_private.otlp_attribute('ip', pg_catalog.host(e.ip)),
    audit_private.otlp_attribute('user_agent', e.user_agent),
    audit_private.otlp_attribute('request_id', e.request_id),
    audit_private.otlp_attribute('recorded_by', e.recorded_by),
    ']}]}]}')
$$;
comment on function audit_private.otlp_record(audit_private.delivered_event, jsonb) is
  'an event as an element of resourceLogs in OTLP''s JSON';
grant execute on function audit_private.otlp_record(audit_private.delivered_event, jsonb) to audit_keeper;
