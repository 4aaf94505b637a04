-- How a person is named, for whoever reports and whoever erases alike. An erasure finds all that a report shows, and more
-- (names of JSON members, an identifier as SQL writes it).
create or replace function audit_private.read_identifiers(
  identifiers text[],
  out names text[],
  out patterns text[],
  out key_patterns text[],
  out is_plain boolean
)
language plpgsql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  if cardinality(read_identifiers.identifiers) between 1 and 100 is not true
    or exists (
      select from unnest(read_identifiers.identifiers) as i (identifier)
      where length(btrim(i.identifier)) between 3 and 200 is not true
    )
  then
    raise exception using
      errcode = 'WT040',
      message = 'a person is found by 1 to 100 identifiers of 3 to 200 characters each',
      detail = format('identifiers is %s.', coalesce(left(read_identifiers.identifiers::text, 200), 'null')),
      hint = 'For example: identifiers => array[''4711'', ''anna@example.org'']. Shorter ones would find everybody.';
  end if;
  select array_agg(lower(btrim(i.identifier))),
    array_agg(audit_private.search_pattern('identifiers', to_jsonb(btrim(i.identifier)))),
    array_agg(audit_private.search_pattern('identifiers', to_jsonb(to_json(btrim(i.identifier))::text))),
    bool_and(i.identifier !~ E'["\\\\[:cntrl:]]')
  into names, patterns, key_patterns, is_plain
  from unnest(read_identifiers.identifiers) as i (identifier);
end
$$;
comment on function audit_private.read_identifiers(text[]) is
  'identifiers of a person as lower-case names, as patterns for ilike, as patterns that find one among the texts of a '
  'composite key, and whether JSON writes all of them as they are; raises WT040';
