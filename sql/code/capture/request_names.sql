create or replace function audit_private.request_names()
returns jsonb
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select jsonb_build_object(
    'ip', $text$nullif(current_setting('pgwitness.ip', true), '')::inet$text$,
    'user_agent', $text$left(nullif(current_setting('pgwitness.user_agent', true), ''), 1000)$text$,
    'request_id', $text$left(nullif(current_setting('pgwitness.request_id', true), ''), 500)$text$)
$$;
comment on function audit_private.request_names() is 'how a capturing statement calls what the context says of the request';
grant execute on function audit_private.request_names() to audit_writer;
