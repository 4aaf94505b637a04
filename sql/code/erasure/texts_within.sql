-- Names of members too, where search_text_v1 has values only: {"anna@example.org": "invited"} tells of Anna as well.
create or replace function audit_private.texts_within(document jsonb)
returns text
language sql
immutable
parallel safe
as $$
  select pg_catalog.string_agg(t.value #>> '{}', E'\n')
  from (
    select pg_catalog.jsonb_path_query(document, 'strict $.** ? (@.type() == "string" || @.type() == "number")')
    union all
    select pg_catalog.jsonb_path_query(document, 'strict $.** ? (@.type() == "object").keyvalue().key')
  ) as t (value)
$$;
comment on function audit_private.texts_within(jsonb) is 'every text, number and name of a member in a document, a line each';
grant execute on function audit_private.texts_within(jsonb) to audit_keeper;
