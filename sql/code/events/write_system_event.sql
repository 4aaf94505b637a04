set local role audit_writer;
-- The log speaking about itself. No toggle is asked; who may call it is a matter of privileges.
create or replace function audit_private.write_system_event(
  tenant_id uuid,
  action text,
  entity_type text,
  entity_id text,
  description text,
  metadata jsonb default null,
  changes jsonb default null
)
returns uuid
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  moment constant timestamptz := clock_timestamp();
  place constant bigint := nextval('audit_private.event_sequence');
  event_id constant uuid := audit_private.new_event_id(moment, place);
begin
  insert into audit_private.event (
    tenant_id, occurred_at, id, recorded_at, sequence, transaction_id, salt, source, action, entity_type,
    actor_type, outcome, recorded_by, actor_id, entity_id, description, actor, changes, metadata, ip,
    user_agent, request_id
  )
  select
    write_system_event.tenant_id, moment, event_id, moment, place,
    i.transaction_offset + txid_current(), gen_random_uuid(), 'system',
    write_system_event.action, write_system_event.entity_type, a.actor_type, 'success',
    audit_private.recorded_by(), a.actor_id, write_system_event.entity_id,
    write_system_event.description, a.actor, write_system_event.changes,
    nullif(write_system_event.metadata, '{}'),
    nullif(current_setting('pgwitness.ip', true), '')::inet,
    left(nullif(current_setting('pgwitness.user_agent', true), ''), 1000),
    left(nullif(current_setting('pgwitness.request_id', true), ''), 500)
  from audit_private.instance i
  cross join audit_private.current_actor() a;
  return event_id;
end
$$;
comment on function audit_private.write_system_event(uuid, text, text, text, text, jsonb, jsonb) is
  'writes a mandatory event by the current actor and returns its id';
grant execute on function audit_private.write_system_event(uuid, text, text, text, text, jsonb, jsonb)
  to audit_owner, audit_keeper;
