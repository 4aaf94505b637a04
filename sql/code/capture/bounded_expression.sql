-- Most rows are small, and are let through by the size that they have as stored, which costs next to nothing to ask.
-- Stored values may be compressed; an eighth of the limit leaves room for that, and cut_columns measures what it is
-- given.
create or replace function audit_private.bounded_expression(stored_size text, content text)
returns text
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select format('case when %s > capture.payload_limit / 8 then audit_private.cut_columns(%s) else %2$s end', stored_size, content)
$$;
comment on function audit_private.bounded_expression(text, text) is
  'SQL that gives a snapshot or changes, cut where they exceed the payload''s limit';
