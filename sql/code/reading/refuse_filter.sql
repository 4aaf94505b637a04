create or replace function audit_private.refuse_filter(key text, value jsonb, wanted text)
returns void
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception using
    errcode = 'WT040',
    message = format('filter key %I has a value that can''t be searched for', refuse_filter.key),
    detail = format('It is %s and should be %s.', coalesce(left(refuse_filter.value::text, 200), 'null'),
      refuse_filter.wanted),
    hint = 'Codes and their meaning: select * from audit.list_catalogue();';
end
$$;
comment on function audit_private.refuse_filter(text, jsonb, text) is 'raises WT040 for the value of one filter key';
