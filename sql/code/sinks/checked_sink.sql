-- Times in the filter are resolved now: whoever reads it has another time zone. Without payloads nobody approves it, so
-- then the filter may ask for nothing but what the envelope tells.
create or replace function audit_private.checked_sink(
  name text,
  kind text,
  role name,
  options jsonb,
  filter jsonb,
  tenant_ids uuid[]
)
returns audit_private.sink
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set datestyle = 'ISO, YMD'
as $$
declare
  given constant jsonb := coalesce(checked_sink.options, '{}');
  asked constant jsonb := coalesce(checked_sink.filter, '{}');
  problem text;
  checked audit_private.sink;
begin
  checked.sink_name := checked_sink.name;
  checked.kind := checked_sink.kind;
  checked.role_name := checked_sink.role;
  checked.options := given;
  checked.tenant_ids := (select array_agg(distinct t order by t) from unnest(checked_sink.tenant_ids) as t);
  checked.carries_payloads := given ->> 'content' is distinct from 'envelope';
  checked.begins_at_once := given ->> 'start' is distinct from 'beginning';
  checked.purge_waits := coalesce(given -> 'purge_waits', 'false') in ('true', '"true"');
  perform audit_private.filter_condition(asked);
  checked.filter := asked || jsonb_strip_nulls(jsonb_build_object(
    'from', audit_private.filter_time(asked, 'from'), 'to', audit_private.filter_time(asked, 'to')));

  problem := case
    when checked_sink.name ~ '^[a-z][a-z0-9_-]{0,62}$' is not true
      then 'A name begins with a lower-case letter and has up to 63 of those, digits, _ and -.'
    when not exists (select from audit_private.sink_kinds() k where k.kind = checked_sink.kind)
      then 'Kinds are ' || (select string_agg(k.kind, ', ' order by k.kind) from audit_private.sink_kinds() k) || '.'
    when jsonb_typeof(given) <> 'object' then 'Options are a JSON object.'
    when cardinality(checked_sink.tenant_ids) = 0 or array_position(checked_sink.tenant_ids, null) is not null
      then 'Give the tenants whose events it is for, or null for all.'
  end;
  if problem is null then
    select case
      when o.name is null then format('There is no option %s of kind %s.', quote_ident(left(g.key, 100)), checked_sink.kind)
      else format('Option %s of kind %s can''t be %s: %s.', o.name, checked_sink.kind, left(g.value::text, 200), o.description)
    end
    into problem
    from jsonb_each(given) as g (key, value)
    left join audit_private.sink_options() o
      on o.name = g.key and (o.kinds is null or checked_sink.kind = any (o.kinds))
    where o.name is null or jsonb_typeof(g.value) not in ('string', 'number', 'boolean') or g.value #>> '{}' !~ o.pattern
    order by g.key
    limit 1;
  end if;
  if problem is null then
    select format('Kind %s needs the option %s: %s.', checked_sink.kind, o.name, o.description)
    into problem
    from audit_private.sink_options() o
    where o.is_required and checked_sink.kind = any (o.kinds) and not given ? o.name
    order by o.name
    limit 1;
  end if;
  if problem is null and not checked.carries_payloads then
    select format('It carries envelopes, and may not be filtered by %s.', string_agg(k, ', ' order by k)) into problem
    from jsonb_object_keys(asked) as k
    where k <> all ('{action,category,entity_type,actor_type,outcome,source,id,from,to}'::text[])
    having count(*) > 0;
  end if;
  if problem is not null then
    raise exception using
      errcode = 'WT153',
      message = format('sink %s can''t be defined', coalesce(quote_literal(checked_sink.name), 'null')),
      detail = problem,
      hint = 'Options and what they mean: select * from audit.list_sink_options(); a secret is never one of them: name the '
        'environment variable or the file that holds it.';
  end if;
  perform audit_private.check_tenant(t) from unnest(checked.tenant_ids) as t;

  checked.digest := encode(sha256(convert_to(jsonb_build_object(
    'kind', checked.kind, 'role', checked.role_name, 'filter', checked.filter,
    'options', given - '{start,purge_waits,batch_size,max_attempts,rotate_bytes,rotate_hours,gzip,timeout_seconds}'::text[]
  )::text, 'UTF8')), 'hex');
  return checked;
end
$$;
comment on function audit_private.checked_sink(text, text, name, jsonb, jsonb, uuid[]) is
  'a definition as it is to be stored; raises WT003, WT040 and WT153';
