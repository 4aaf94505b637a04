-- What export_line writes, as a function of one event: a test holds the two together. Of an envelope only what an
-- envelope has, so that a receiver can tell what was withheld from what is null.
create or replace function audit_private.jsonl_record(e audit_private.delivered_event, options jsonb)
returns text
language sql
stable
parallel safe
as $$
  select pg_catalog.concat(
    '{"tenant_id":"', e.tenant_id,
    '","occurred_at":', audit_private.json_time(e.occurred_at),
    ',"id":"', e.id,
    '","recorded_at":', audit_private.json_time(e.recorded_at),
    ',"sequence":', e.sequence,
    ',"transaction_id":', e.transaction_id,
    ',"source":"', e.source,
    '","category":', coalesce(pg_catalog.to_json(e.category), 'null'::pg_catalog.json),
    ',"action":"', e.action,
    '","entity_type":"', e.entity_type,
    case when options ->> 'content' is distinct from 'envelope' then
      pg_catalog.concat('","entity_id":', coalesce(pg_catalog.to_json(e.entity_id), 'null'::pg_catalog.json), ',"actor_type":"')
      else '","actor_type":"'
    end,
    e.actor_type,
    case when options ->> 'content' is distinct from 'envelope' then
      pg_catalog.concat(
        '","actor_id":', coalesce(pg_catalog.to_json(e.actor_id), 'null'::pg_catalog.json),
        ',"actor":', coalesce(e.actor, 'null'::pg_catalog.jsonb),
        ',"description":', coalesce(pg_catalog.to_json(e.description), 'null'::pg_catalog.json),
        ',"target":', coalesce(e.target, pg_catalog.jsonb_build_object('type', e.entity_type, 'id', e.entity_id)),
        ',"changes":', coalesce(e.changes, 'null'::pg_catalog.jsonb),
        ',"metadata":', coalesce(e.metadata, 'null'::pg_catalog.jsonb),
        ',"outcome":"', e.outcome,
        '","error_message":', coalesce(pg_catalog.to_json(e.error_message), 'null'::pg_catalog.json),
        ',"ip":', coalesce(pg_catalog.to_json(e.ip), 'null'::pg_catalog.json),
        ',"user_agent":', coalesce(pg_catalog.to_json(e.user_agent), 'null'::pg_catalog.json),
        ',"request_id":', coalesce(pg_catalog.to_json(e.request_id), 'null'::pg_catalog.json))
      else pg_catalog.concat('","outcome":"', e.outcome, '"')
    end,
    ',"recorded_by":', coalesce(pg_catalog.to_json(e.recorded_by), 'null'::pg_catalog.json), '}')
$$;
comment on function audit_private.jsonl_record(audit_private.delivered_event, jsonb) is 'an event as a line of JSON Lines';
grant execute on function audit_private.jsonl_record(audit_private.delivered_event, jsonb) to audit_keeper;
