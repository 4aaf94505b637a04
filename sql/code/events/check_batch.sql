-- A misspelt key would otherwise be dropped in silence.
create or replace function audit_private.check_batch(events jsonb, known_keys text[])
returns integer
language plpgsql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  faulty record;
begin
  if jsonb_typeof(check_batch.events) is distinct from 'array' then
    raise exception using
      errcode = 'WT013',
      message = 'the events are not an array',
      detail = format('They are %s.', coalesce(jsonb_typeof(check_batch.events), 'null')),
      hint = 'Pass a JSON array of objects whose keys are the arguments of audit.log_event().';
  end if;
  select e.index - 1 as index, jsonb_typeof(e.value) as kind,
    case jsonb_typeof(e.value) when 'object' then e.value - check_batch.known_keys end as unknown
  into faulty
  from jsonb_array_elements(check_batch.events) with ordinality as e (value, index)
  where case jsonb_typeof(e.value) when 'object' then e.value - check_batch.known_keys <> '{}' else true end
  limit 1;
  if found then
    raise exception using
      errcode = 'WT013',
      message = case faulty.kind
        when 'object' then format('event %s: unknown key %s', faulty.index,
          (select string_agg(quote_ident(k.key), ', ' order by k.key) from jsonb_object_keys(faulty.unknown) as k (key)))
        else format('event %s is not an object', faulty.index)
      end,
      detail = 'Known keys: ' || array_to_string(check_batch.known_keys, ', '),
      hint = 'Nothing was logged. Put what has no key of its own into metadata.';
  end if;
  return jsonb_array_length(check_batch.events);
end
$$;
comment on function audit_private.check_batch(jsonb, text[]) is
  'number of events in a batch; raises WT013 unless it is an array of objects with known keys';
grant execute on function audit_private.check_batch(jsonb, text[]) to audit_writer;
