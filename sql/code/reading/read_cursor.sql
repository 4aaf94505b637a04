create or replace function audit_private.read_cursor(
  cursor text,
  scope text,
  out occurred_at timestamptz,
  out id uuid,
  out seen text
)
language plpgsql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  content jsonb;
begin
  begin
    content := convert_from(
      decode(
        translate(read_cursor.cursor, '-_', '+/') || repeat('=', -length(read_cursor.cursor) & 3),
        'base64'),
      'UTF8')::jsonb;
    seen := content ->> 'seen';
    occurred_at := timestamptz '1970-01-01 00:00:00+00'
      + (content -> 'place' ->> 0)::bigint * interval '1 microsecond';
    id := (content -> 'place' ->> 1)::uuid;
    if (seen::jsonb ->> 'own')::bigint is null
      or (seen::jsonb ->> 'at')::bigint is null
      or (seen::jsonb ->> 'end')::bigint is null
      or translate(seen::jsonb ->> 'running', '[] ', '{}')::bigint[] is null
    then
      seen := null;
    end if;
  exception
    when data_exception then
      null;
  end;
  if occurred_at is null or id is null or seen is null
    or read_cursor.cursor is distinct from audit_private.write_cursor(read_cursor.scope, seen, occurred_at, id) then
    raise exception using
      errcode = 'WT041',
      message = 'the cursor doesn''t belong to this search',
      detail = 'It was damaged, or given for another filter, tenant or version of pgwitness.',
      hint = 'Pass as "after" the cursor column of a page''s last row, with the same filter; null for the first page.';
  end if;
end
$$;
comment on function audit_private.read_cursor(text, text) is
  'place and first page''s view in a cursor; raises WT041 unless it was made for the same scope';
