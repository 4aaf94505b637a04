set local role audit_writer;
-- What the generated function of a table executes where its own text doesn't do: rows that moved, several tenants or
-- an unknown one at once, spooling, and columns that have changed since the table was watched, which the event says.
-- The generator writes it for the columns as they are now.
create or replace function audit_private.rare_statement(
  entity_type text,
  relation regclass,
  operation text,
  kind text,
  is_current boolean
)
returns text
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $$
declare
  watched audit_private.watched_table;
  names jsonb;
begin
  select w.* into watched from audit_private.watched_table w where w.entity_type = rare_statement.entity_type;
  if not rare_statement.is_current then
    watched := audit_private.refresh_watched(watched, rare_statement.relation);
  end if;
  names := jsonb_build_object(
    'moment', '$1', 'transaction_number', '$2', 'acting_id', '$3', 'acting_type', '$4', 'acting', '$5',
    'recorder', '$6', 'tenant', '$7', 'failure', '$8', 'context', '$9, $10, $11',
    'remark', case when not rare_statement.is_current then '{"capture": "the columns have changed since watch"}' end,
    'old_rows', case watched.level
      when 'row' then '(select ($12).*)' else 'old_rows' end,
    'new_rows', case watched.level
      when 'row' then '(select ($13).*)' else 'new_rows' end);
  return case rare_statement.kind
    when 'spooled' then audit_private.spool_statement(watched, rare_statement.relation, rare_statement.operation, names)
    else audit_private.capture_statement(
      watched, rare_statement.relation, rare_statement.operation, rare_statement.kind, names)
  end;
end
$$;
comment on function audit_private.rare_statement(text, regclass, text, text, boolean) is
  'SQL that captures what the generated function''s own text doesn''t';
