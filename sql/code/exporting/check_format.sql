create or replace function audit_private.check_format(format text)
returns text
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  if check_format.format in ('csv', 'jsonl') is not true then
    raise exception using
      errcode = 'WT120',
      message = pg_catalog.format('export format %s is unknown', coalesce(quote_literal(left(check_format.format, 100)), 'null')),
      detail = 'An export is csv or jsonl: a table for spreadsheets, or one JSON object a line.',
      hint = 'For example: select audit.request_export(filter => ''{}'', format => ''jsonl'');';
  end if;
  return check_format.format;
end
$$;
comment on function audit_private.check_format(text) is 'the format, when it is one; raises WT120';
