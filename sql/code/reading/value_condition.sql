-- A single value is an equality, which keeps the order of an index that begins with it; several are
-- "= any", which doesn't.
create or replace function audit_private.value_condition(column_name text, chosen text[])
returns text
language sql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select case
    when cardinality(c.present) = 0 and not c.has_null then 'false'
    when cardinality(c.present) = 0 then format('e.%I is null', value_condition.column_name)
    when c.has_null then format('(e.%1$I = any (%2$L::text[]) or e.%1$I is null)', value_condition.column_name, c.present)
    when cardinality(c.present) = 1 then format('e.%I = %L', value_condition.column_name, c.present[1])
    else format('e.%I = any (%L::text[])', value_condition.column_name, c.present)
  end
  from (
    select array_remove(value_condition.chosen, null) as present,
      array_position(value_condition.chosen, null) is not null as has_null
  ) c
$$;
comment on function audit_private.value_condition(text, text[]) is 'a text column of audit_private.event e has one of the values';
grant execute on function audit_private.value_condition(text, text[]) to audit_finder, audit_keeper;
