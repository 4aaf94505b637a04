-- CSV quotes as identifiers are quoted, and quote_ident does it in one pass; only plain lower-case words stay as they are.
-- A cell without a value is empty, an empty text is "".
create or replace function audit_private.export_line(format text)
returns text
language sql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select case export_line.format
    when 'csv' then pg_catalog.format('concat(%s, E''\n'')', string_agg(
      case
        when c.kind in ('text', 'object') then pg_catalog.format('quote_ident((%s)::text)', c.expression)
        else c.expression
      end, ', '','', ' order by c.place))
    else pg_catalog.format('(select row_to_json(r)::text from (select %s) r) || E''\n''',
      string_agg(pg_catalog.format('%s as %I', c.expression, c.name), ', ' order by c.place))
  end
  from audit_private.export_columns(export_line.format) c
$$;
comment on function audit_private.export_line(text) is 'SQL that writes exportable_event e as one line of an export';
grant execute on function audit_private.export_line(text) to audit_keeper;
