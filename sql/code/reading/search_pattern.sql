create or replace function audit_private.search_pattern(key text, value jsonb)
returns text
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  if jsonb_typeof(search_pattern.value) <> 'string'
    or length(btrim(search_pattern.value #>> '{}')) not between 1 and 1000
  then
    perform audit_private.refuse_filter(search_pattern.key, search_pattern.value, 'a text of 1 to 1,000 characters');
  end if;
  return '%'
    || replace(replace(replace(search_pattern.value #>> '{}', E'\\', E'\\\\'), '%', E'\\%'), '_', E'\\_')
    || '%';
end
$$;
comment on function audit_private.search_pattern(text, jsonb) is
  'a pattern for ilike that finds the text anywhere, with %, _ and \ standing for themselves';
