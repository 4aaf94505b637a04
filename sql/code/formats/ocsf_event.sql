-- What both classes have. Where a required object has nothing to say, of an envelope or without an address, it says
-- unknown. The database's word on who wrote the event stands as the application that acted.
create or replace function audit_private.ocsf_event(
  e audit_private.delivered_event, class_uid integer, class_name text, category text
)
returns text
language sql
stable
parallel safe
as $$
  select pg_catalog.concat(
    '{"class_uid":', class_uid,
    ',"class_name":"', class_name,
    '",', category,
    ',"activity_id":', audit_private.ocsf_activity_id(class_uid, e.action),
    ',"activity_name":"', case audit_private.ocsf_activity_id(class_uid, e.action)
      when 99 then e.action
      else audit_private.ocsf_activity_name(class_uid * 100 + audit_private.ocsf_activity_id(class_uid, e.action))
    end,
    '","type_uid":', class_uid * 100 + audit_private.ocsf_activity_id(class_uid, e.action),
    ',"type_name":"', class_name, ': ',
    audit_private.ocsf_activity_name(class_uid * 100 + audit_private.ocsf_activity_id(class_uid, e.action)),
    case audit_private.event_severity(e.action, e.outcome, e.category)
      when 1 then '","severity_id":1,"severity":"Informational'
      when 2 then '","severity_id":2,"severity":"Low'
      when 3 then '","severity_id":3,"severity":"Medium'
      else '","severity_id":4,"severity":"High'
    end,
    case e.outcome
      when 'failure' then '","status_id":2,"status":"Failure"'
      else '","status_id":1,"status":"Success"'
    end,
    ',"status_detail":' || pg_catalog.to_json(e.error_message)::text,
    ',"time":', audit_private.microseconds(e.occurred_at) / 1000,
    ',"message":', pg_catalog.to_json(coalesce(e.description, e.action_title, e.action)),
    ',"metadata":{"version":"1.5.0","product":{"name":"pgwitness","vendor_name":"pgwitness"},"uid":"', e.id,
    '","tenant_uid":"', e.tenant_id,
    '","event_code":"', e.action,
    '","sequence":', e.sequence,
    ',"logged_time":', audit_private.microseconds(e.recorded_at) / 1000,
    ',"original_time":', audit_private.json_time(e.occurred_at),
    ',"correlation_uid":' || pg_catalog.to_json(e.request_id)::text,
    '},"actor":{"app_name":', pg_catalog.to_json(coalesce(e.recorded_by, 'unknown')),
    case when e.actor_id is not null then
      ',"user":' || audit_private.ocsf_user(e.actor_id, e.actor ->> 'name', e.actor_type)
    end,
    '},"src_endpoint":{', coalesce('"ip":"' || pg_catalog.host(e.ip) || '"', '"name":"unknown"'),
    '}',
    ',"http_request":{"user_agent":' || pg_catalog.to_json(e.user_agent)::text || '}',
    ',"unmapped":{"transaction_id":', e.transaction_id,
    ',"source":"', e.source,
    '","entity_type":"', e.entity_type,
    '","actor_type":"', e.actor_type,
    '","category":"' || e.category,
    '"',
    ',"tenant_name":' || pg_catalog.to_json(e.tenant_name)::text,
    ',"entity_id":' || pg_catalog.to_json(e.entity_id)::text,
    ',"actor":' || e.actor::text,
    ',"target":' || e.target::text,
    ',"changes":' || e.changes::text,
    ',"metadata":' || e.metadata::text,
    '}')
$$;
comment on function audit_private.ocsf_event(audit_private.delivered_event, integer, text, text) is
  'an event of OCSF but for what its class alone has, without the last brace';
grant execute on function audit_private.ocsf_event(audit_private.delivered_event, integer, text, text) to audit_keeper;
