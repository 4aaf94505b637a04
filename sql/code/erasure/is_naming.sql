create or replace function audit_private.is_naming(document jsonb, names text[], patterns text[])
returns boolean
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(audit_private.texts_within(is_naming.document) ilike any (is_naming.patterns), false)
    or exists (
      select
      from jsonb_path_query(is_naming.document, 'strict $.** ? (@.type() == "string" || @.type() == "number")') as v (value)
      where lower(v.value #>> '{}') = any (is_naming.names)
    )
$$;
comment on function audit_private.is_naming(jsonb, text[], text[]) is 'whether a document names a person';
