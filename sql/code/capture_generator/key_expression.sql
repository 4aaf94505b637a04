-- One column stands for itself, several as a JSON array of their texts.
create or replace function audit_private.key_expression(relation regclass, alias text)
returns text
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $$
  select case
    when count(*) = 1 and bool_and(c.is_short) then min(c.expression)
    when count(*) = 1 then format('audit_private.captured_entity_id(%s)', min(c.expression))
    else format('audit_private.captured_entity_id(jsonb_build_array(%s)::text)',
      string_agg(c.expression, ', ' order by c.place))
  end
  from (
    select k.place, a.atttypid = any ('{int2,int4,int8,uuid}'::regtype[]::oid[]) as is_short,
      format(
        case
          when t.is_printed then 'concat(%s.%I)'
          when a.atttypid = any ('{int2,int4,int8,uuid,text,varchar}'::regtype[]::oid[]) then '%s.%I::text'
          else 'to_jsonb(%s.%I) #>> ''{}'''
        end,
        key_expression.alias, a.attname) as expression
    from unnest(audit_private.key_columns(key_expression.relation)) with ordinality as k (name, place)
    join pg_attribute a on a.attrelid = key_expression.relation and a.attname = k.name
    cross join lateral audit_private.column_kind(a.atttypid, a.attcollation) t
  ) c
$$;
comment on function audit_private.key_expression(regclass, text) is 'SQL that gives the entity id of a row under an alias';
grant execute on function audit_private.key_expression(regclass, text) to audit_writer;
