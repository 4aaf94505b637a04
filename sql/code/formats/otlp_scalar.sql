-- Integers that a 64-bit number surely holds, and decimals that a double gives back digit by digit, go as numbers; longer
-- ones as text, since a receiver would round them. What isn't a scalar goes as text too.
create or replace function audit_private.otlp_scalar(value jsonb)
returns text
language sql
stable
parallel safe
as $$
  select case pg_catalog.jsonb_typeof(value)
    when 'string' then pg_catalog.concat('{"stringValue":', value, '}')
    when 'number' then case
      when pg_catalog.length(value::text) > 18 then pg_catalog.concat('{"stringValue":"', value, '"}')
      when pg_catalog.strpos(value::text, '.') = 0 then pg_catalog.concat('{"intValue":"', value, '"}')
      when pg_catalog.length(value::text) > 16 then pg_catalog.concat('{"stringValue":"', value, '"}')
      else pg_catalog.concat('{"doubleValue":', value, '}')
    end
    when 'boolean' then pg_catalog.concat('{"boolValue":', value, '}')
    when 'null' then '{}'
    else pg_catalog.concat('{"stringValue":', pg_catalog.to_json(value::text), '}')
  end
$$;
comment on function audit_private.otlp_scalar(jsonb) is 'a JSON scalar as an AnyValue of OTLP; an object or array as its text';
grant execute on function audit_private.otlp_scalar(jsonb) to audit_keeper;
