-- What becomes of each column: its value is stored (value), only that it changed (redacted, not watched yet), or
-- nothing (left out). The expressions read the old row as o and the new one as n.
--
-- A column that wasn't there when the table was watched is never stored, because nobody has said whether it may be;
-- a renamed one counts as such. Keys are always stored. Values of virtual columns aren't there for triggers.
create or replace function audit_private.capture_columns(watched audit_private.watched_table, relation regclass)
returns table (name text, place integer, is_key boolean, treatment text, old_value text, new_value text, is_changed text)
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $$
  select a.attname::text, a.attnum::integer, k.is_key,
    case
      when k.is_key then 'value'
      when a.attname = any (watched.ignore_columns) then 'left out'
      when a.attname = any (watched.redact_columns) then 'redacted'
      when a.attname <> all (watched.allowed_columns) then 'left out'
      when a.attname <> all (watched.known_columns) then 'not watched yet'
      else 'value'
    end,
    format(f.value_format, 'o', a.attname),
    format(f.value_format, 'n', a.attname),
    format(
      case when t.is_exact then 'o.%1$I is distinct from n.%1$I' else 'record_image_ne(row(o.%1$I), row(n.%1$I))' end, a.attname)
  from pg_attribute a
  cross join lateral audit_private.column_kind(a.atttypid, a.attcollation) t
  cross join lateral (
    select a.attname = any (audit_private.key_columns(capture_columns.relation)) as is_key
  ) k
  cross join lateral (
    select case when t.is_printed then 'case when num_nulls(%s.%I) = 0 then concat(%1$s.%2$I) end' else '%s.%I' end as value_format
  ) f
  where a.attrelid = capture_columns.relation and a.attnum > 0 and not a.attisdropped and a.attgenerated <> 'v'
$$;
comment on function audit_private.capture_columns(audit_private.watched_table, regclass) is
  'how each column of a watched table is captured, with the expressions for it';
grant execute on function audit_private.capture_columns(audit_private.watched_table, regclass) to audit_writer;
