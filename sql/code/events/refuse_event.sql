-- Callers test with one expression whether an event is right and call this only when it isn't: it finds
-- the first rule that is broken and raises. Returns boolean so that it can stand in a WHERE clause.
create or replace function audit_private.refuse_event(
  place text,
  action text,
  description text,
  outcome text,
  error_message text,
  entity_id text,
  actor_id text,
  actor_type text,
  actor jsonb,
  target jsonb,
  changes jsonb,
  is_mandatory boolean,
  occurred_at timestamptz,
  earliest timestamptz,
  latest timestamptz,
  events_until timestamptz,
  payload_bytes integer,
  payload_limit integer
)
returns boolean
language plpgsql
volatile
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  prefix constant text := coalesce(refuse_event.place || ': ', '');
  problem text;
begin
  if refuse_event.is_mandatory then
    raise exception using
      errcode = 'WT011',
      message = format('%saction %s is reserved', prefix, refuse_event.action),
      detail = 'Mandatory events are written by the log alone: nobody else speaks as the log.',
      hint = 'Define an action of the application''s own.';
  end if;

  problem := case
    when btrim(refuse_event.description) <> '' is not true then 'description is missing'
    when refuse_event.outcome not in ('success', 'failure') is not false then 'outcome is neither success nor failure'
    when refuse_event.outcome = 'failure' and btrim(refuse_event.error_message) <> '' is not true
      then 'a failure needs an error_message'
    when refuse_event.outcome = 'success' and refuse_event.error_message is not null
      then 'a success can''t have an error_message'
    when length(refuse_event.entity_id) > 500 then 'entity_id has more than 500 characters'
    when length(refuse_event.actor_id) not between 1 and 500 then 'actor_id has not 1 to 500 characters'
    when refuse_event.actor_type not in ('user', 'system', 'api_key', 'database_role') is not false
      then 'actor_type is none of user, system, api_key and database_role'
    when jsonb_typeof(refuse_event.actor) <> 'object' then 'actor is not an object'
    when jsonb_typeof(refuse_event.target) not in ('object', 'array') then 'target is neither an object nor an array'
    when jsonb_typeof(refuse_event.changes) <> 'object' then 'changes is not an object'
  end;
  if problem is not null then
    raise exception using
      errcode = 'WT013',
      message = format('%sthe event is not valid: %s', prefix, problem),
      detail = format('action %s, outcome %s', coalesce(quote_literal(refuse_event.action), 'null'),
        coalesce(quote_literal(refuse_event.outcome), 'null')),
      hint = 'Nothing was logged. Say what happened in description, and why it failed in error_message.';
  end if;

  if refuse_event.payload_bytes > refuse_event.payload_limit then
    raise exception using
      errcode = 'WT014',
      message = format('%sthe event''s payload of %s bytes is over the limit of %s', prefix,
        refuse_event.payload_bytes, refuse_event.payload_limit),
      detail = 'Counted are description, actor, target, changes, metadata and error_message.',
      hint = 'Store the large part elsewhere and log its name and hash, define the action with '
        'when_too_large => ''cut'', or raise the option payload_limit_bytes.';
  end if;

  if refuse_event.occurred_at not between refuse_event.earliest and refuse_event.latest then
    raise exception using
      errcode = 'WT015',
      message = format('%soccurred_at %s is out of range', prefix, refuse_event.occurred_at),
      detail = format('It may lie between %s and %s.', refuse_event.earliest, refuse_event.latest),
      hint = 'Leave it out for now; check the clock of the machine that set it; history is imported with '
        'audit.import_events().';
  end if;

  raise exception using
    errcode = 'WT016',
    message = format('%sthere is no partition for %s', prefix, refuse_event.occurred_at),
    detail = format('Partitions reach until %s.', refuse_event.events_until),
    hint = 'An operator may call: call audit.maintain_partitions();';
end
$$;
comment on function audit_private.refuse_event(
  text, text, text, text, text, text, text, text, jsonb, jsonb, jsonb, boolean,
  timestamptz, timestamptz, timestamptz, timestamptz, integer, integer
) is 'raises WT011, WT013, WT014, WT015 or WT016: the first rule that an event breaks';
grant execute on function audit_private.refuse_event(
  text, text, text, text, text, text, text, text, jsonb, jsonb, jsonb, boolean,
  timestamptz, timestamptz, timestamptz, timestamptz, integer, integer
) to audit_writer;
