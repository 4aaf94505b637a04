-- An address is a network of one, so both are asked in the same way.
create or replace function audit_private.ip_condition(chosen text[])
returns text
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  value text;
  conditions text[] := '{}';
begin
  foreach value in array ip_condition.chosen loop
    conditions := conditions || case
      when value is null then 'e.ip is null'
      else format('e.ip <<= %L::inet', value::inet)
    end;
  end loop;
  return '(' || array_to_string(conditions, ' or ') || ')';
exception
  when invalid_text_representation then
    perform audit_private.refuse_filter('ip', to_jsonb(value), 'an address or a network, such as "192.0.2.0/24"');
end
$$;
comment on function audit_private.ip_condition(text[]) is
  'ip of audit_private.event e is one of the addresses or in one of the networks';
