-- In one pass, so that what is filled in, such as a column's name, is never taken for a place to fill.
create or replace function audit_private.fill_template(template text, parts jsonb)
returns text
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select string_agg(p.piece[1] || coalesce(parts ->> p.piece[2], ''), '' order by p.place)
  from regexp_matches(template, '([^«]*)(?:«([a-z_]+)»)?', 'g') with ordinality as p (piece, place)
$$;
comment on function audit_private.fill_template(text, jsonb) is 'a text whose «names» are replaced by the parts of these names';
