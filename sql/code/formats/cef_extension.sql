-- Cut before it is escaped, so that no escape is cut in two. A value may hold line ends only as \n and \r, and = only
-- escaped: unescaped it is what makes a word a key. Constants with a backslash say so themselves (E): bodies are read
-- under the caller's standard_conforming_strings.
create or replace function audit_private.cef_extension(key text, value text, longest integer)
returns text
language sql
immutable
parallel safe
as $$
  select ' ' || key || '=' || pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(
    pg_catalog."left"(value, longest), E'\\', E'\\\\'), '=', E'\\='), E'\n', E'\\n'), E'\r', E'\\r')
$$;
comment on function audit_private.cef_extension(text, text, integer) is
  'a key of CEF with its value, cut to a number of characters; null without a value';
grant execute on function audit_private.cef_extension(text, text, integer) to audit_keeper;
