set local role audit_writer;
-- Every event that log_event's one question didn't let through: failures, given times, idempotency keys,
-- large payloads, silenced actions, and whatever is to be refused. The actor has been resolved already.
--
-- An idempotency key is claimed before the event is written, in the same transaction: of two racing
-- repeats the second waits for the first to end and then finds its event, or writes its own if the
-- first rolled back.
create or replace function audit_private.log_event_carefully(
  action text,
  entity_type text,
  entity_id text,
  description text,
  metadata jsonb,
  target jsonb,
  changes jsonb,
  outcome text,
  error_message text,
  occurred_at timestamptz,
  idempotency_key text,
  actor_id text,
  actor_type text,
  actor jsonb,
  tenant_id uuid
)
returns uuid
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  recorded constant timestamptz := clock_timestamp();
  occurred constant timestamptz := coalesce(occurred_at, recorded);
  tenant uuid := coalesce(tenant_id, nullif(current_setting('pgwitness.tenant_id', true), '')::uuid);
  bytes integer := audit_private.payload_bytes(description, actor, target, changes, metadata, error_message);
  is_logged boolean;
  is_mandatory boolean;
  payload_limit integer;
  is_cut boolean;
  transaction_offset bigint;
  events_until timestamptz;
  place bigint;
  event_id uuid;
  known_id uuid;
  digest bytea;
  known_digest bytea;
begin
  select d.tenant_id, d.is_logged, d.is_mandatory, d.payload_limit, d.is_cut, b.transaction_offset, b.events_until
  into tenant, is_logged, is_mandatory, payload_limit, is_cut, transaction_offset, events_until
  from audit_private.role_binding b
  join audit_private.logging_decision d
    on d.tenant_id = coalesce(tenant, b.only_tenant_id) and d.action = log_event_carefully.action
  where b.role_name = audit_private.effective_role()
    and (b.is_service or d.tenant_id = any (b.tenant_ids))
    and log_event_carefully.entity_type = any (b.entity_types);
  if not found then
    perform audit_private.refuse_write(tenant_id, action, entity_type);
  end if;

  if bytes > payload_limit and is_cut then
    select p.*
    into description, actor, target, changes, metadata, error_message
    from audit_private.cut_payload(
      payload_limit, description, actor, target, changes, metadata, error_message) p;
    bytes := 0;
  end if;
  if (
    not is_mandatory
    and audit_private.is_valid_event(
      description, outcome, error_message, entity_id, actor_id, actor_type, actor, target, changes)
    and bytes <= payload_limit
    and (occurred_at is null
      or occurred between recorded - interval '24 hours' and recorded + interval '5 minutes')
    and occurred < events_until
  ) is not true then
    perform audit_private.refuse_event(
      null, action, description, outcome, error_message, entity_id, actor_id, actor_type, actor, target, changes, is_mandatory,
      occurred, recorded - interval '24 hours', recorded + interval '5 minutes', events_until, bytes,
      payload_limit);
  end if;
  if not is_logged then
    return null;
  end if;

  place := nextval('audit_private.event_sequence');
  event_id := audit_private.new_event_id(occurred, place);
  if idempotency_key is not null then
    if occurred_at is not null then
      event_id := audit_private.derived_event_id(tenant, occurred, idempotency_key);
    end if;
    digest := audit_private.content_digest(
      action, entity_type, entity_id, description, target, changes, metadata, outcome, error_message,
      actor_id, actor_type);
    known_id := audit_private.claim_idempotency_key(tenant, idempotency_key, event_id, digest);
    if known_id <> event_id then
      return known_id;
    end if;
    if occurred_at is not null then
      select f.content_digest into known_digest
      from audit_private.find_content_digests(tenant, array[occurred], array[event_id]) f;
      if found and known_digest <> digest then
        perform audit_private.refuse_repeat(idempotency_key);
      elsif found then
        return event_id;
      end if;
    end if;
  end if;

  insert into audit_private.event (
    tenant_id, occurred_at, id, recorded_at, sequence, transaction_id, salt, source, action, entity_type,
    actor_type, outcome, recorded_by, actor_id, entity_id, description, actor, target, changes, metadata,
    ip, user_agent, request_id, error_message
  )
  values (
    tenant, occurred, event_id, recorded, place,
    transaction_offset + txid_current(), gen_random_uuid(), 'logged', action, entity_type,
    actor_type, outcome,
    audit_private.recorded_by(), actor_id, entity_id, description, actor, target, changes, metadata,
    nullif(current_setting('pgwitness.ip', true), '')::inet,
    left(nullif(current_setting('pgwitness.user_agent', true), ''), 1000),
    left(nullif(current_setting('pgwitness.request_id', true), ''), 500),
    error_message
  );
  return event_id;
end
$$;
comment on function audit_private.log_event_carefully(
  text, text, text, text, jsonb, jsonb, jsonb, text, text, timestamptz, text, text, text, jsonb, uuid
) is 'what log_event does with an event that isn''t plain: stores, finds, cuts, silences or refuses it';
