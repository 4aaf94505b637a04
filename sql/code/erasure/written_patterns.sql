-- Patterns for text that holds JSON, CSV or SQL, in which a quote or a backslash is written otherwise than it is; a statement
-- that was logged may hold a pattern of like as well.
create or replace function audit_private.written_patterns(texts text[])
returns text[]
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(array_agg(distinct audit_private.search_pattern('identifiers', to_jsonb(w.written))), '{}')
  from unnest(written_patterns.texts) as t (value)
  cross join lateral (
    values
      (btrim(t.value)),
      (regexp_replace(to_json(btrim(t.value))::text, '^"|"$', '', 'g')),
      (regexp_replace(btrim(t.value), '([\\%_])', '\\\1', 'g'))
  ) as j (written)
  cross join lateral (
    values (j.written), (replace(j.written, '"', '""')), (replace(replace(j.written, '''', ''''''), E'\\', E'\\\\'))
  ) as w (written)
$$;
comment on function audit_private.written_patterns(text[]) is
  'patterns for ilike that find texts as they stand, and as JSON, CSV and SQL write them';
