-- Literals are untyped where they can be, so that the column's own type reads them. Arrays and the like are read by
-- the column's type from the JSON that they were stored as.
create or replace function audit_private.value_literal(value jsonb, relation regclass, column_name text)
returns text
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
set standard_conforming_strings = on
as $$
  select case
    when value is null or value = 'null' then 'null'
    when a.atttypid = 'jsonb'::regtype or t.typbasetype = 'jsonb'::regtype then quote_literal(value)
    when jsonb_typeof(value) in ('array', 'object') then format(
      '(jsonb_populate_record(null::%s, %L)).%I', relation, jsonb_build_object(column_name, value), column_name)
    else quote_literal(value #>> '{}')
  end
  from pg_attribute a
  join pg_type t on t.oid = a.atttypid
  where a.attrelid = value_literal.relation and a.attname = value_literal.column_name and not a.attisdropped
$$;
comment on function audit_private.value_literal(jsonb, regclass, text) is
  'SQL for a captured value as a value of a column; null when there is no such column';
