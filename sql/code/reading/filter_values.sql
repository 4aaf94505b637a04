-- One value or an array of them, as texts. A null value asks for events that have none, which only
-- makes sense where a column can be empty.
create or replace function audit_private.filter_values(filter jsonb, key text, may_be_null boolean)
returns text[]
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  given constant jsonb := filter_values.filter -> filter_values.key;
  listed constant jsonb := case when jsonb_typeof(given) = 'array' then given else jsonb_build_array(given) end;
begin
  if given is null then
    return null;
  end if;
  if listed = '[]'
    or exists (
      select from jsonb_array_elements(listed) as v (value)
      where jsonb_typeof(v.value) not in ('string', 'number')
        and not (jsonb_typeof(v.value) = 'null' and filter_values.may_be_null)
    )
  then
    perform audit_private.refuse_filter(filter_values.key, given,
      'a text or a non-empty array of texts' || case when filter_values.may_be_null then ', or null' else '' end);
  end if;
  return array(select distinct v.value #>> '{}' from jsonb_array_elements(listed) as v (value));
end
$$;
comment on function audit_private.filter_values(jsonb, text, boolean) is
  'the values of one filter key, null among them for null; null when the filter lacks the key';
