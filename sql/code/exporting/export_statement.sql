-- JSON never holds the two characters that COPY is told to quote and part with, so each line goes out as it is. Lines are
-- made of events that are in order already: of a line the planner doesn't know how wide it is, and would rather sort
-- lines on disk than follow the index.
create or replace function audit_private.export_statement(export audit_private.export)
returns text
language sql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select pg_catalog.format(
    'copy (select %s from (select * from audit.exportable_event e where e.tenant_id = %L::uuid and %s '
      'order by e.occurred_at desc, e.id desc) e) to stdout (format csv, %s, encoding ''UTF8'')',
    case (export_statement.export).format
      when 'csv' then (
        select string_agg(pg_catalog.format('%s as %I', c.expression, c.name), ', ' order by c.place)
        from audit_private.export_columns('csv') c
      )
      else audit_private.export_line('jsonl')
    end,
    (export_statement.export).tenant_id, audit_private.export_condition((export_statement.export).resolved_filter),
    case (export_statement.export).format when 'csv' then 'header' else 'quote E''\x01'', delimiter E''\x02''' end)
$$;
comment on function audit_private.export_statement(audit_private.export) is
  'the COPY statement that streams an export to who runs it';
