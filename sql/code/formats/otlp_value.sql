-- A loop of plain expressions: a query at each level would be set up anew for each object, which takes longer than all of
-- this. What is looped over is a copy, so that a compressed value is unpacked once. Levels are limited, since receivers
-- refuse messages nested more deeply than their parser likes, and an event that none takes would hold up those behind it.
create or replace function audit_private.otlp_value(value jsonb, levels integer)
returns text
language plpgsql
stable
parallel safe
strict
as $$
declare
  items jsonb;
  item jsonb;
  written text[] := '{}';
begin
  if otlp_value.levels > 0 then
    if pg_catalog.jsonb_typeof(otlp_value.value) = 'object' then
      items := pg_catalog.jsonb_path_query_array(otlp_value.value, '$.keyvalue()');
      for place in 0 .. pg_catalog.jsonb_array_length(items) - 1 loop
        item := items -> place -> 'value';
        written := pg_catalog.array_append(written, pg_catalog.concat('{"key":', items -> place -> 'key', ',"value":',
          case pg_catalog.jsonb_typeof(item)
            when 'string' then '{"stringValue":' || item::text || '}'
            else audit_private.otlp_value(item, otlp_value.levels - 1)
          end, '}'));
      end loop;
      return pg_catalog.concat('{"kvlistValue":{"values":[', pg_catalog.array_to_string(written, ','), ']}}');
    elsif pg_catalog.jsonb_typeof(otlp_value.value) = 'array' then
      items := pg_catalog.jsonb_path_query_array(otlp_value.value, '$[*]');
      for place in 0 .. pg_catalog.jsonb_array_length(items) - 1 loop
        written := pg_catalog.array_append(written, audit_private.otlp_value(items -> place, otlp_value.levels - 1));
      end loop;
      return pg_catalog.concat('{"arrayValue":{"values":[', pg_catalog.array_to_string(written, ','), ']}}');
    end if;
  end if;
  return audit_private.otlp_scalar(otlp_value.value);
end
$$;
comment on function audit_private.otlp_value(jsonb, integer) is
  'JSON as an AnyValue of OTLP, what lies deeper than a number of levels as text';
grant execute on function audit_private.otlp_value(jsonb, integer) to audit_keeper;
