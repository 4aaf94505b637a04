create or replace function audit_private.check_reason(reason text)
returns text
language plpgsql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  trimmed constant text := btrim(check_reason.reason, E' \t\r\n');
begin
  if trimmed is null or length(trimmed) not between 10 and 500 then
    raise exception using
      errcode = 'WT021',
      message = 'a reason of 10 to 500 characters is needed',
      detail = format('It has %s characters without the spaces around it.', coalesce(length(trimmed), 0)),
      hint = 'Say in a sentence why, for the people who will read the log: reason => ''…''.';
  end if;
  return trimmed;
end
$$;
comment on function audit_private.check_reason(text) is 'the reason, trimmed; raises WT021 unless it has 10 to 500 characters';
