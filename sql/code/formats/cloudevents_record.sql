-- Attributes are texts without control characters and noncharacters: an id with one stands in the data alone.
create or replace function audit_private.cloudevents_record(e audit_private.delivered_event, options jsonb)
returns text
language sql
stable
parallel safe
as $$
  select pg_catalog.concat(
    '{"specversion":"1.0","id":"', e.id,
    '","source":', pg_catalog.to_json(coalesce(options ->> 'source', '/pgwitness')),
    ',"type":"pgwitness.event.', e.action,
    '","subject":',
    pg_catalog.to_json(case
      when e.entity_id ~ E'^[^\\u0001-\\u001f\\u007f-\\u009f\\ufdd0-\\ufdef\\ufffe\\uffff]+$'
        then e.entity_type || '/' || e.entity_id
      else e.entity_type
    end),
    ',"time":', audit_private.json_time(e.occurred_at),
    ',"datacontenttype":"application/json","tenantid":"', e.tenant_id,
    '","outcome":"', e.outcome,
    '","category":"' || e.category,
    '","entitytype":"', e.entity_type,
    '","actortype":"', e.actor_type,
    '","recordedtime":', audit_private.json_time(e.recorded_at),
    ',"data":', audit_private.jsonl_record(e, options), '}')
$$;
comment on function audit_private.cloudevents_record(audit_private.delivered_event, jsonb) is
  'an event as a CloudEvent 1.0 in structured mode; a batch is a JSON array of them';
grant execute on function audit_private.cloudevents_record(audit_private.delivered_event, jsonb) to audit_keeper;
