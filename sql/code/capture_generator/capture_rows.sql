-- A query with one row for each event of a statement that plain_statement doesn't do for. A row without a partner has
-- come from or gone to another identity, and is told under both.
--
-- The toggle is asked for each row by its primary key, since a statement may concern several tenants; an answer that
-- is neither yes nor no is refused, so that no row falls through a join. "spooled" asks nothing, "moved" tells only
-- rows without a partner.
--
-- "names" holds how the query may call what isn't in the rows: old_rows, new_rows, tenant, remark.
create or replace function audit_private.capture_rows(
  watched audit_private.watched_table,
  relation regclass,
  operation text,
  kind text,
  names jsonb
)
returns text
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $$
declare
  is_update constant boolean := capture_rows.operation = 'UPDATE';
  alias constant text := case capture_rows.operation when 'DELETE' then 'o' else 'n' end;
  verb constant text := case capture_rows.operation when 'INSERT' then 'created' when 'DELETE' then 'deleted' else 'updated' end;
  has_left constant text := format('n.%I is null', (audit_private.key_columns(relation))[1]);
  has_come constant text := format('o.%I is null', (audit_private.key_columns(relation))[1]);
  description text := quote_literal(' ' || verb);
  changes text := 'null::jsonb';
  target text := format('to_jsonb(%s)', case capture_rows.operation when 'DELETE' then 'old_row.*' else 'new_row.*' end);
  metadata text := coalesce(quote_literal(names ->> 'remark') || '::jsonb', 'null::jsonb');
  key text := audit_private.key_expression(relation, alias);
  label text := 'concat(' || alias || '.' || quote_ident(watched.label_column) || ')';
  tenant text := names ->> 'tenant';
  source text := format('%s %s', names ->> case capture_rows.operation when 'INSERT' then 'new_rows' else 'old_rows' end, alias);
  condition text := 'true';
begin
  if is_update then
    changes := audit_private.changes_expression(watched, relation);
    target := 'null::jsonb';
    source := format('%s o full join %s n on (%s)', names ->> 'old_rows', names ->> 'new_rows',
      audit_private.match_expression(relation, watched.tenant_column, 'o', 'n'));
    key := format('case when %s then %s else %s end', has_left, audit_private.key_expression(relation, 'o'), key);
    label := format('case when %1$s then concat(o.%2$s) else concat(n.%2$s) end', has_left, quote_ident(watched.label_column));
    description := format('case when %s then '' moved away'' when %s then '' moved here'' else %s end',
      has_left, has_come, description);
    changes := format('case when %s or %s then null else %s end', has_left, has_come, changes);
    target := format('case when %s then to_jsonb(old_row.*) when %s then to_jsonb(new_row.*) end', has_left, has_come);
    metadata := format(
      'case when %s then jsonb_build_object(''moved_to'', %s) when %s then jsonb_build_object(''moved_from'', %s) else %s end',
      has_left, audit_private.partner_expression(
        relation, watched.tenant_column, names ->> 'new_rows', names ->> 'old_rows', 'o'),
      has_come, audit_private.partner_expression(
        relation, watched.tenant_column, names ->> 'old_rows', names ->> 'new_rows', 'n'),
      metadata);
  end if;
  if capture_rows.operation <> 'INSERT' then
    source := source || format(E'\n    cross join lateral (\n      select %s\n    ) old_row', audit_private.row_columns(watched, relation, 'o'));
  end if;
  if capture_rows.operation <> 'DELETE' then
    source := source || format(E'\n    cross join lateral (\n      select %s\n    ) new_row', audit_private.row_columns(watched, relation, 'n'));
  end if;
  if watched.tenant_column is not null then
    tenant := format(case when is_update then 'coalesce(n.%1$I, o.%1$I)' else '%2$s.%1$I' end, watched.tenant_column, alias);
    condition := format(
      E'case (\n      select d.is_logged from audit_private.logging_decision d\n'
      '      where d.tenant_id = %1$s and d.action = %2$L\n'
      '    ) when true then true when false then false\n'
      '    else audit_private.refuse_capture(%1$s, %2$L, %3$L, %4$s) end',
      tenant, audit_private.capture_action(watched.entity_type, capture_rows.operation), watched.entity_type, key);
  end if;
  if capture_rows.kind = 'spooled' then
    condition := 'true';
  elsif capture_rows.kind = 'moved' then
    condition := format('(%s or %s) and %s', has_left, has_come, condition);
  end if;

  return format(
    E'select %s as tenant_id, %s as entity_id,\n'
    '      concat(%L, %s, %s) as description,\n'
    '      %s as changes,\n'
    '      %s as target,\n'
    '      %s as metadata%s\n'
    '    from %s\n'
    '    where %s\n'
    '    offset 0',
    tenant, key, audit_private.entity_title(watched.entity_type) || ' ',
    case
      when watched.label_column is null then key
      else format('coalesce(nullif(btrim(left(%s, 200), E'' \t\r\n''), ''''), %s)', label, key)
    end,
    description, changes, target, metadata,
    case capture_rows.kind when 'spooled' then '' else ', nextval(''audit_private.event_sequence'') as place' end,
    source, condition);
end
$$;
comment on function audit_private.capture_rows(audit_private.watched_table, regclass, text, text, jsonb) is
  'a query that gives tenant, entity, description, changes, target and metadata of each event of a statement';
grant execute on function audit_private.capture_rows(audit_private.watched_table, regclass, text, text, jsonb)
  to audit_writer;
