-- CSV quotes as identifiers are quoted, and quote_ident does it in one pass where there are many quotation marks. A cell
-- without a value is empty, an empty text is "". In JSON, numbers, times and codes hold nothing that is escaped; put
-- together as text a line is made in two thirds of the time of row_to_json, and the fewer pieces the better: so what ends a
-- value and what begins the next are one.
create or replace function audit_private.export_line(format text)
returns text
language sql
immutable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select case export_line.format
    when 'csv' then pg_catalog.format('pg_catalog.concat_ws('','', %s)', string_agg(
      case
        when c.kind = 'text' then
          pg_catalog.format('coalesce(''"'' || pg_catalog.replace(%s, ''"'', ''""'') || ''"'', '''')', c.expression)
        when c.kind = 'object' then
          pg_catalog.format('coalesce(pg_catalog.quote_ident((%s)::text), '''')', c.expression)
        when c.kind = 'optional code' then pg_catalog.format('pg_catalog.concat(%s)', c.expression)
        else c.expression
      end, ', ' order by c.place))
    else pg_catalog.format('pg_catalog.concat(%s, ''%s}'')',
      string_agg(
        pg_catalog.format('''%s%s"%s":%s'', %s', c.end_before, case c.place when 1 then '{' else ',' end, c.name, c.quote,
          case
            when c.kind in ('time', 'code', 'number') then c.expression
            when c.kind = 'object' then pg_catalog.format('coalesce(%s, ''null''::pg_catalog.jsonb)', c.expression)
            else pg_catalog.format('coalesce(pg_catalog.to_json(%s), ''null''::pg_catalog.json)', c.expression)
          end), ', ' order by c.place),
      (array_agg(c.quote order by c.place desc))[1])
  end
  from (
    select q.*, lag(q.quote, 1, '') over (order by q.place) as end_before
    from (
      select x.*, case when x.kind in ('time', 'code') then '"' else '' end as quote
      from audit_private.export_columns(export_line.format) x
    ) q
  ) c
$$;
comment on function audit_private.export_line(text) is
  'SQL that writes exportable_event e as a line of an export, without its end';
grant execute on function audit_private.export_line(text) to audit_keeper;
