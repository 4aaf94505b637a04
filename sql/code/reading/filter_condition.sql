-- SQL made for the keys that are there, so that the planner sees constants and never a row of
-- "… is null or …". Values come in by quoting (%L) alone. The one text of what a filter means: search
-- and count use it, and whatever else takes a filter should.
--
-- Times are quoted in ISO style, whatever the session's is, so that they can't be misread.
-- Codes are checked against the catalogue: a mistyped action would otherwise be an empty answer.
create or replace function audit_private.filter_condition(filter jsonb, uses_text_index boolean default false)
returns text
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
set datestyle = 'ISO, YMD'
as $$
declare
  keys constant text[] :=
    '{action,category,entity_type,entity_id,actor_id,actor_type,outcome,source,request_id,ip,id,actor,search,metadata,from,to}';
  key text;
  given jsonb;
  chosen text[];
  known text[];
  unknown text;
  conditions text[] := '{}';
  from_time timestamptz;
  to_time timestamptz;
begin
  if jsonb_typeof(filter_condition.filter) is distinct from 'object' then
    raise exception using
      errcode = 'WT040',
      message = 'a filter is a JSON object',
      detail = format('It is %s.', coalesce(left(filter_condition.filter::text, 200), 'null')),
      hint = 'For example: {"action": "user_created", "from": "2026-05-04"}; {} finds everything.';
  end if;
  if octet_length(filter_condition.filter::text) > 32768 then
    raise exception using
      errcode = 'WT040',
      message = 'the filter is too large',
      detail = format('It has %s bytes; 32768 are allowed, since it is logged with each read.',
        octet_length(filter_condition.filter::text)),
      hint = 'Ask for fewer values at a time.';
  end if;

  for key, given in select k.key, k.value from jsonb_each(filter_condition.filter) as k order by k.key loop
    if key <> all (keys) then
      raise exception using
        errcode = 'WT040',
        message = format('filter key %I is unknown', key),
        detail = 'Known keys: ' || array_to_string(keys, ', '),
        hint = 'Values inside metadata are found with {"metadata": {…}}, text anywhere with {"search": "…"}.';
    end if;

    if key in ('action', 'category', 'entity_type', 'actor_type', 'outcome', 'source') then
      chosen := audit_private.filter_values(filter_condition.filter, key, false);
      known := case key
        when 'action' then array(select a.action from audit_private.action a where a.action = any (chosen))
        when 'category' then array(select c.category from audit_private.category c where c.category = any (chosen))
        when 'entity_type' then
          array(select t.entity_type from audit_private.entity_type t where t.entity_type = any (chosen))
        when 'actor_type' then
          array(select t.actor_type from audit_private.actor_type t where t.actor_type = any (chosen))
        when 'outcome' then array(select o.outcome from audit_private.outcome o where o.outcome = any (chosen))
        else '{logged,captured,imported,system}'::text[]
      end;
      select string_agg(format('%L', v.value), ', ' order by v.value)
      into unknown
      from unnest(chosen) as v (value)
      where v.value <> all (known);
      if unknown is not null then
        raise exception using
          errcode = 'WT040',
          message = format('filter key %I has an unknown value: %s', key, left(unknown, 200)),
          detail = case key when 'source' then 'Sources are logged, captured, imported and system.'
            else 'It is not in the catalogue, and never was.' end,
          hint = 'Codes and their meaning: select * from audit.list_catalogue();';
      end if;
      if key = 'category' then
        key := 'action';
        chosen := array(select a.action from audit_private.action a where a.category = any (chosen) order by 1);
      end if;
    elsif key in ('entity_id', 'actor_id', 'request_id', 'ip', 'id') then
      chosen := audit_private.filter_values(filter_condition.filter, key, key <> 'id');
    end if;

    conditions := conditions || case key
      when 'ip' then audit_private.ip_condition(chosen)
      when 'id' then audit_private.id_condition(chosen)
      when 'actor' then audit_private.text_condition('e.actor_id, e.actor, null, null', key, given, false)
      when 'search' then audit_private.text_condition(
        'e.description, e.actor, e.target, e.metadata', key, given, filter_condition.uses_text_index)
      when 'metadata' then format('e.metadata @> %L::jsonb', given)
      when 'from' then format('e.occurred_at >= %L::timestamptz', audit_private.filter_time(filter_condition.filter, key))
      when 'to' then format('e.occurred_at < %L::timestamptz', audit_private.filter_time(filter_condition.filter, key))
      else audit_private.value_condition(key, chosen)
    end;
    if key = 'metadata' and jsonb_typeof(given) <> 'object' then
      perform audit_private.refuse_filter(key, given, 'an object that the event''s metadata contains');
    end if;
  end loop;

  from_time := audit_private.filter_time(filter_condition.filter, 'from');
  to_time := audit_private.filter_time(filter_condition.filter, 'to');
  if from_time > to_time then
    raise exception using
      errcode = 'WT040',
      message = 'filter key "from" is later than "to"',
      detail = format('from is %s, to is %s.', from_time, to_time),
      hint = '"from" is the first moment that counts, "to" the first that doesn''t.';
  end if;
  return case when conditions = '{}' then 'true' else array_to_string(conditions, ' and ') end;
end
$$;
comment on function audit_private.filter_condition(jsonb, boolean) is
  'the filter as an SQL condition on audit_private.event e; raises WT040 naming the key that is wrong';
