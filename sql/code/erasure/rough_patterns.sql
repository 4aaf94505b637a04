-- However a text is written, its longest run without a character that somebody escapes stands there as it is. What doesn't
-- hold that needn't be looked at closely.
create or replace function audit_private.rough_patterns(texts text[])
returns text[]
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select array_agg(r.pattern)
  from unnest(rough_patterns.texts) as t (value)
  cross join lateral (
    select '%' || p.part || '%' as pattern
    from regexp_split_to_table(btrim(t.value), E'["''\\\\%_[:cntrl:]]') as p (part)
    order by length(p.part) desc
    limit 1
  ) r
$$;
comment on function audit_private.rough_patterns(text[]) is
  'patterns for ilike that match whatever holds one of the texts in any writing, and more';
