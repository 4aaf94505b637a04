set local role audit_writer;
-- A batch as one statement, in the order given: parsed, tested and inserted set-based. The first wrong event
-- raises, and its message names its index.
create or replace function audit_private.store_batch(tenant_id uuid, events jsonb)
returns bigint
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
  context_actor_id text;
  context_actor_type text;
  context_actor jsonb;
  context_ip constant inet := nullif(current_setting('pgwitness.ip', true), '')::inet;
  context_user_agent constant text := left(nullif(current_setting('pgwitness.user_agent', true), ''), 1000);
  context_request_id constant text := left(nullif(current_setting('pgwitness.request_id', true), ''), 500);
  recorder constant text := audit_private.recorded_by();
  recorded constant timestamptz := clock_timestamp();
  current_transaction bigint;
  end_of_partitions timestamptz;
  stored bigint;
begin
  select i.transaction_offset + txid_current(), i.events_until
  into current_transaction, end_of_partitions
  from audit_private.instance i;
  select a.actor_id, a.actor_type, a.actor
  into context_actor_id, context_actor_type, context_actor
  from audit_private.current_actor() a;

  insert into audit_private.event (
    tenant_id, occurred_at, id, recorded_at, sequence, transaction_id, salt, source, action, entity_type,
    actor_type, outcome, recorded_by, actor_id, entity_id, description, actor, target, changes, metadata,
    ip, user_agent, request_id, error_message
  )
  select
    store_batch.tenant_id, n.occurred_at,
    audit_private.new_event_id(n.occurred_at, n.place), recorded, n.place,
    current_transaction, gen_random_uuid(), 'logged', n.action, n.entity_type, n.actor_type, n.outcome, recorder,
    n.actor_id, n.entity_id, n.description, n.actor, n.target, n.changes, n.metadata, context_ip,
    context_user_agent, context_request_id, n.error_message
  from (
    select e.index, e.action, e.entity_type, e.entity_id, e.description, e.metadata, e.target, e.changes,
      e.outcome, e.error_message, coalesce(e.occurred_at, recorded) as occurred_at,
      coalesce(e.actor_id, case
        when e.actor_type is null or context_actor_type <> 'database_role' then context_actor_id
      end) as actor_id,
      coalesce(e.actor_type, case when e.actor_id is null then context_actor_type else 'user' end) as actor_type,
      coalesce(e.actor, case when e.actor_id is null then context_actor end) as actor,
      nextval('audit_private.event_sequence') as place
    from audit_private.batch_events(store_batch.events) e
    left join audit_private.logging_decision d
      on d.tenant_id = store_batch.tenant_id and d.action = e.action
    left join audit_private.entity_type t on t.entity_type = e.entity_type
    where case
      when d.is_logged is null or t.entity_type is null
        then audit_private.refuse_codes(store_batch.tenant_id, e.action, e.entity_type, 'event ' || e.index)
      when not d.is_mandatory
        and audit_private.is_valid_event(
          e.description, e.outcome, e.error_message, e.entity_id, e.actor_id,
          coalesce(e.actor_type, 'user'), e.actor, e.target, e.changes)
        and audit_private.payload_bytes(
          e.description, coalesce(e.actor, context_actor), e.target, e.changes, e.metadata, e.error_message)
          <= d.payload_limit
        and coalesce(e.occurred_at, recorded)
          between recorded - interval '24 hours' and recorded + interval '5 minutes'
        and coalesce(e.occurred_at, recorded) < end_of_partitions
        then d.is_logged
      else audit_private.refuse_event(
        'event ' || e.index, e.action, e.description, e.outcome, e.error_message,
        e.entity_id, e.actor_id, coalesce(e.actor_type, 'user'), e.actor, e.target, e.changes, d.is_mandatory,
        coalesce(e.occurred_at, recorded), recorded - interval '24 hours', recorded + interval '5 minutes',
        end_of_partitions,
        audit_private.payload_bytes(
          e.description, coalesce(e.actor, context_actor), e.target, e.changes, e.metadata, e.error_message),
        d.payload_limit)
      end
    order by e.index
  ) n;
  get diagnostics stored = row_count;
  return stored;
end
$$;
comment on function audit_private.store_batch(uuid, jsonb) is 'logs a batch as one statement; returns how many events were stored';
