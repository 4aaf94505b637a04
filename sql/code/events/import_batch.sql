set local role audit_writer;
-- All of a batch or, when any of it is refused, each half by itself, down to the single event that is at
-- fault: right events go in as one statement, and a wrong one costs the logarithm of the batch.
--
-- An id is the given one or derived from tenant and key, so that an event that is known already is found
-- under it, in the table or earlier in the batch. Imports of one tenant wait for each other (import_events), so
-- that what one calls imported no other has stored meanwhile.
create or replace function audit_private.import_batch(tenant_id uuid, events jsonb, first_line integer)
returns table (
  line integer,
  result text,
  event_id uuid,
  refusal text,
  message text,
  hint text,
  is_expired boolean
)
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set datestyle = 'ISO, YMD'
set jit = off
as $$
declare
  known_keys constant text[] := '{action,entity_type,entity_id,description,metadata,target,changes,outcome,'
    'error_message,occurred_at,idempotency_key,actor_id,actor_type,actor,ip,user_agent,request_id,id}';
  recorder constant text := audit_private.recorded_by();
  recorded constant timestamptz := clock_timestamp();
  cutoff constant timestamptz := audit_private.retention_cutoff(import_batch.tenant_id);
  half constant integer := jsonb_array_length(import_batch.events) / 2;
begin
  perform audit_private.check_batch(import_batch.events, known_keys);

  return query
  with parsed as materialized (
    select e.index, e.action, e.entity_type, e.entity_id, e.description, e.metadata, e.target, e.changes, e.outcome,
      e.error_message, e.occurred_at, e.idempotency_key, e.actor_id, coalesce(e.actor_type, 'user') as actor_type,
      e.actor, e.ip, e.user_agent, e.request_id,
      coalesce(e.id, audit_private.derived_event_id(import_batch.tenant_id, e.occurred_at, e.idempotency_key)) as id
    from audit_private.batch_events(import_batch.events) e
    cross join audit_private.option o
    left join audit_private.action a on a.action = e.action
    left join audit_private.entity_type t on t.entity_type = e.entity_type
    where o.name = 'payload_limit_bytes'
      and case
        when a.action is null or t.entity_type is null
          then audit_private.refuse_codes(import_batch.tenant_id, e.action, e.entity_type)
        when (e.id is null and e.idempotency_key is null)
          or e.occurred_at is null
          or (e.id is not null and audit_private.event_time(e.id) is distinct from e.occurred_at)
          then audit_private.refuse_import(e.id, e.occurred_at)
        when audit_private.is_valid_event(
            e.description, e.outcome, e.error_message, e.entity_id, e.actor_id,
            coalesce(e.actor_type, 'user'), e.actor, e.target, e.changes)
          and audit_private.payload_bytes(
            e.description, e.actor, e.target, e.changes, e.metadata, e.error_message) <= o.value::integer
          and e.occurred_at between timestamptz 'epoch' and recorded + interval '5 minutes'
          then true
        else audit_private.refuse_event(
          null, e.action, e.description, e.outcome, e.error_message, e.entity_id, e.actor_id,
          coalesce(e.actor_type, 'user'), e.actor, e.target, e.changes, false, e.occurred_at, timestamptz 'epoch', recorded + interval '5 minutes',
          'infinity',
          audit_private.payload_bytes(
            e.description, e.actor, e.target, e.changes, e.metadata, e.error_message),
          o.value::integer)
        end
  ),
  known as materialized (
    select f.*
    from (select array_agg(p.occurred_at) as times, array_agg(p.id) as ids from parsed p) k
    cross join lateral audit_private.find_content_digests(import_batch.tenant_id, k.times, k.ids) f
  ),
  digested as (
    select p.*, k.id is not null as is_stored, k.content_digest as stored_digest,
      audit_private.content_digest(
        p.action, p.entity_type, p.entity_id, p.description, p.target, p.changes, p.metadata, p.outcome,
        p.error_message, p.actor_id, p.actor_type) as content_digest
    from parsed p
    left join known k on k.occurred_at = p.occurred_at and k.id = p.id
  ),
  compared as (
    select d.*, d.is_stored or row_number() over same_id > 1 as is_known
    from (
      select g.*, first_value(g.content_digest) over (partition by g.id order by g.index) as first_digest
      from digested g
    ) d
    where case
      when d.content_digest <> coalesce(d.stored_digest, d.first_digest)
        then audit_private.refuse_repeat(coalesce(d.idempotency_key, d.id::text)) is not null
      else true
    end
    window same_id as (partition by d.id order by d.index)
  ),
  stored as (
    insert into audit_private.event (
      tenant_id, occurred_at, id, recorded_at, sequence, transaction_id, salt, source, action, entity_type,
      actor_type, outcome, recorded_by, actor_id, entity_id, description, actor, target, changes, metadata,
      ip, user_agent, request_id, error_message
    )
    select
      import_batch.tenant_id, c.occurred_at, c.id, recorded, nextval('audit_private.event_sequence'),
      i.transaction_offset + txid_current(), gen_random_uuid(), 'imported', c.action,
      c.entity_type, c.actor_type, c.outcome, recorder, c.actor_id, c.entity_id, c.description, c.actor, c.target,
      c.changes, c.metadata, c.ip, left(c.user_agent, 1000), left(c.request_id, 500), c.error_message
    from compared c
    cross join audit_private.instance i
    where not c.is_known
    order by c.index
  )
  select
    (import_batch.first_line + c.index)::integer,
    case when c.is_known then 'repeated' else 'imported' end,
    c.id, null::text, null::text, null::text, c.occurred_at < cutoff
  from compared c
  order by c.index;
exception
  when data_exception or sqlstate 'WT003' or sqlstate 'WT010' or sqlstate 'WT012' or sqlstate 'WT013'
    or sqlstate 'WT014' or sqlstate 'WT015' or sqlstate 'WT017'
  then
    if half = 0 then
      line := import_batch.first_line;
      result := 'refused';
      is_expired := false;
      get stacked diagnostics
        refusal = returned_sqlstate,
        message = message_text,
        hint = pg_exception_hint;
      message := regexp_replace(message, '^event 0:? (is )?', '');
      if refusal like '22%' then
        refusal := 'WT013';
        hint := 'A value has the wrong type: times are ISO 8601 text, addresses are IP addresses, ids are uuids.';
      end if;
      return next;
      return;
    end if;
    return query
    select b.*
    from audit_private.import_batch(
      import_batch.tenant_id,
      jsonb_path_query_array(import_batch.events, '$[0 to $last]', jsonb_build_object('last', half - 1)),
      import_batch.first_line) b;
    return query
    select b.*
    from audit_private.import_batch(
      import_batch.tenant_id,
      jsonb_path_query_array(import_batch.events, '$[$first to last]', jsonb_build_object('first', half)),
      import_batch.first_line + half) b;
end
$$;
comment on function audit_private.import_batch(uuid, jsonb, integer) is
  'imports a batch and tells of each event whether it was imported, repeated or refused';
grant execute on function audit_private.import_batch(uuid, jsonb, integer) to audit_owner;
