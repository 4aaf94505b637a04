set local role audit_writer;
-- The hot path: one question, one INSERT. The question finds the role's binding and the toggle's decision,
-- each by its primary key, and asks everything else about a plain event at once; PostgreSQL's price for
-- a statement or an expression more is higher than that of a condition more. Whatever isn't plain goes to
-- log_event_carefully, which asks one thing after the other and words the refusals.
--
-- An actor in the context counts only where the role that is in force is a member of audit_app: the function
-- may be called by somebody's definer function. An actor_id given replaces the context's actor whole.
--
-- Nothing here locks: a toggle turned meanwhile is in force for every statement whose snapshot is younger
-- than its commit. No EXCEPTION block, since each would cost a subtransaction.
create or replace function audit.log_event(
  action text,
  entity_type text,
  entity_id text default null,
  description text default null,
  metadata jsonb default null,
  target jsonb default null,
  changes jsonb default null,
  outcome text default 'success',
  error_message text default null,
  occurred_at timestamptz default null,
  idempotency_key text default null,
  actor_id text default null,
  actor_type text default null,
  actor jsonb default null,
  tenant_id uuid default null
)
returns uuid
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  set_role constant text := current_setting('role');
  recorded constant timestamptz := clock_timestamp();
  acting_id text := actor_id;
  acting_type text;
  acting jsonb;
  tenant uuid;
  transaction_number bigint;
  place bigint;
  recorder text;
  event_id uuid;
begin
  if acting_id is null then
    acting_id := nullif(current_setting('pgwitness.actor_id', true), '');
    acting_type := nullif(current_setting('pgwitness.actor_type', true), '');
    acting := nullif(current_setting('pgwitness.actor', true), '')::jsonb;
    if (acting_id is not null or acting_type is not null or acting is not null)
      and not pg_has_role(audit_private.effective_role(), 'audit_app', 'usage')
    then
      acting_id := null;
      acting_type := null;
      acting := null;
    end if;
  end if;
  acting_type := coalesce(
    actor_type, acting_type, case when acting_id is null and acting is null then 'database_role' else 'user' end);
  acting := coalesce(actor, acting);
  if acting_id is null and acting_type = 'database_role' then
    acting_id := audit_private.effective_role();
  end if;

  select d.tenant_id, b.transaction_offset + txid_current(),
    nextval('audit_private.event_sequence'), b.recorder
  into tenant, transaction_number, place, recorder
  from audit_private.role_binding b
  join audit_private.logging_decision d
    on d.tenant_id = coalesce(
      log_event.tenant_id, nullif(current_setting('pgwitness.tenant_id', true), '')::uuid, b.only_tenant_id)
    and d.action = log_event.action
  where b.role_name = case set_role when 'none' then session_user else set_role::name end
    and (b.is_service or d.tenant_id = any (b.tenant_ids))
    and log_event.entity_type = any (b.entity_types)
    and recorded < b.events_until
    and d.is_logged
    and not d.is_mandatory
    and octet_length(concat(log_event.description, acting, log_event.target, log_event.changes, log_event.metadata))
      <= d.payload_limit
    and btrim(log_event.description) <> ''
    and log_event.outcome = 'success'
    and log_event.error_message is null
    and log_event.occurred_at is null
    and log_event.idempotency_key is null
    and octet_length(concat(acting_id, log_event.entity_id)) <= 500
    and acting_id <> '' is not false
    and acting_type in ('user', 'system', 'api_key', 'database_role')
    and (acting is null or jsonb_typeof(acting) = 'object')
    and (log_event.target is null or jsonb_typeof(log_event.target) in ('object', 'array'))
    and (log_event.changes is null or jsonb_typeof(log_event.changes) = 'object');
  if not found then
    return audit_private.log_event_carefully(
      action, entity_type, entity_id, description, metadata, target, changes, outcome, error_message,
      occurred_at, idempotency_key, acting_id, acting_type, acting, tenant_id);
  end if;
  if set_role <> 'none' then
    recorder := audit_private.recorded_by();
  end if;

  event_id := audit_private.new_event_id(recorded, place);
  insert into audit_private.event (
    tenant_id, occurred_at, id, recorded_at, sequence, transaction_id, salt, source, action, entity_type,
    actor_type, outcome, recorded_by, actor_id, entity_id, description, actor, target, changes, metadata,
    ip, user_agent, request_id
  )
  values (
    tenant, recorded, event_id, recorded, place, transaction_number, gen_random_uuid(), 'logged', action,
    entity_type, acting_type, 'success', recorder, acting_id, entity_id, description, acting, target, changes,
    metadata,
    nullif(current_setting('pgwitness.ip', true), '')::inet,
    left(nullif(current_setting('pgwitness.user_agent', true), ''), 1000),
    left(nullif(current_setting('pgwitness.request_id', true), ''), 500)
  );
  return event_id;
end
$$;
comment on function audit.log_event(
  text, text, text, text, jsonb, jsonb, jsonb, text, text, timestamptz, text, text, text, jsonb, uuid
) is 'logs an event in the caller''s transaction; returns its id, or null when a toggle silences it; for audit_app';
grant execute on function audit.log_event(
  text, text, text, text, jsonb, jsonb, jsonb, text, text, timestamptz, text, text, text, jsonb, uuid
) to audit_app;

-- Callers whose keys are uuids or integers need no cast. Left to run as the caller, they inline away.
set local role audit_owner;
create or replace function audit.log_event(
  action text,
  entity_type text,
  entity_id uuid,
  description text default null,
  metadata jsonb default null,
  target jsonb default null,
  changes jsonb default null,
  outcome text default 'success',
  error_message text default null,
  occurred_at timestamptz default null,
  idempotency_key text default null,
  actor_id text default null,
  actor_type text default null,
  actor jsonb default null,
  tenant_id uuid default null
)
returns uuid
language sql
volatile
parallel unsafe
as $$
  select audit.log_event(
    action, entity_type, entity_id::text, description, metadata, target, changes, outcome, error_message,
    occurred_at, idempotency_key, actor_id, actor_type, actor, tenant_id)
$$;
comment on function audit.log_event(
  text, text, uuid, text, jsonb, jsonb, jsonb, text, text, timestamptz, text, text, text, jsonb, uuid
) is 'the same for an entity_id of type uuid; for audit_app';
grant execute on function audit.log_event(
  text, text, uuid, text, jsonb, jsonb, jsonb, text, text, timestamptz, text, text, text, jsonb, uuid
) to audit_app;

create or replace function audit.log_event(
  action text,
  entity_type text,
  entity_id bigint,
  description text default null,
  metadata jsonb default null,
  target jsonb default null,
  changes jsonb default null,
  outcome text default 'success',
  error_message text default null,
  occurred_at timestamptz default null,
  idempotency_key text default null,
  actor_id text default null,
  actor_type text default null,
  actor jsonb default null,
  tenant_id uuid default null
)
returns uuid
language sql
volatile
parallel unsafe
as $$
  select audit.log_event(
    action, entity_type, entity_id::text, description, metadata, target, changes, outcome, error_message,
    occurred_at, idempotency_key, actor_id, actor_type, actor, tenant_id)
$$;
comment on function audit.log_event(
  text, text, bigint, text, jsonb, jsonb, jsonb, text, text, timestamptz, text, text, text, jsonb, uuid
) is 'the same for an entity_id of an integer type; for audit_app';
grant execute on function audit.log_event(
  text, text, bigint, text, jsonb, jsonb, jsonb, text, text, timestamptz, text, text, text, jsonb, uuid
) to audit_app;
