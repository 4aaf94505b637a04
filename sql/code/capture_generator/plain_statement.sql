-- The hot path of capture: one statement for all rows of one tenant that logs them. PostgreSQL sets up each node and
-- each function of a plan anew at every execution, which is most of what a single row costs, so there are as few of
-- them as can be. What is volatile stands in the inner query, else the INSERT would keep a node to itself.
--
-- Rows before and after an update are joined on tenant and key, which is what an entity is for the log; by a full
-- join, because any other lets the planner keep nested loops that it chose while a statement touched one row. Where it
-- touched only one (is_single), its two versions need no join, which spares a hash table. A row without a partner only
-- leaves a mark (pgwitness.moved; to forge it is to have a query run that finds nothing): capture_rows tells it.
--
-- Escapes make a text longer than its jsonb, so a quarter of the limit is enough to send it to cut_columns, which measures.
create or replace function audit_private.plain_statement(
  watched audit_private.watched_table,
  relation regclass,
  operation text,
  is_single boolean default false
)
returns text
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $$
  select format(
    E'insert into audit_private.event (\n'
    '      tenant_id, occurred_at, id, recorded_at, sequence, transaction_id, salt, source, action, entity_type,\n'
    '      actor_type, outcome, recorded_by, actor_id, entity_id, description, actor, %1$s,\n'
    '      ip, user_agent, request_id\n'
    '    )\n'
    '    select capture.tenant, capture.moment, (capture.id_prefix || to_hex(q.place + (-9223372036854775808)))::uuid,\n'
    '      capture.moment, q.place, capture.transaction_number, q.salt, ''captured'', %2$L, %3$L, capture.acting_type,\n'
    '      ''success'', capture.recorder, capture.acting_id, q.entity_id, concat(%4$L, %5$s, %6$L), capture.acting,\n'
    '      case when pg_column_size(q.content) > capture.payload_limit / 4 then audit_private.cut_columns(q.content) else q.content end,\n'
    '      capture.ip, capture.user_agent, capture.request_id\n'
    '    from (\n'
    '      select nextval(''audit_private.event_sequence'') as place, gen_random_uuid() as salt, %7$s as entity_id, %8$s\n'
    '      from %9$s\n'
    '      offset 0\n'
    '    ) q%10$s',
    case plain_statement.operation when 'UPDATE' then 'changes' else 'target' end,
    audit_private.capture_action(watched.entity_type, plain_statement.operation), watched.entity_type,
    audit_private.entity_title(watched.entity_type) || ' ',
    case
      when watched.label_column is null then 'q.entity_id'
      else E'coalesce(nullif(btrim(left(q.label, 200), E'' \\t\\r\\n''), ''''), q.entity_id)'
    end,
    case plain_statement.operation when 'INSERT' then ' created' when 'DELETE' then ' deleted' else ' updated' end,
    audit_private.key_expression(relation, r.alias),
    concat_ws(E',\n        ',
      case when watched.label_column is not null then format('concat(%s.%I) as label', r.alias, watched.label_column) end,
      case
        when plain_statement.operation = 'UPDATE' then format(
          E'%s as is_alone,\n        %s as content',
          case
            when is_single then format('(%s) is not true', r.match)
            else format('o.%1$I is null or n.%1$I is null', (audit_private.key_columns(relation))[1])
          end,
          audit_private.changes_expression(watched, relation))
        else 'to_jsonb(snapshot.*) as content'
      end),
    case
      when is_single then format('%s o cross join %s n', r.old_rows, r.new_rows)
      when plain_statement.operation = 'UPDATE' then format('%s o full join %s n on (%s)', r.old_rows, r.new_rows, r.match)
      else format(E'%s %s\n      cross join lateral (\n        select %s\n      ) snapshot',
        case plain_statement.operation when 'DELETE' then r.old_rows else r.new_rows end, r.alias,
        audit_private.row_columns(watched, relation, r.alias))
    end,
    case
      when plain_statement.operation = 'UPDATE'
        then E'\n    where case when q.is_alone then set_config(''pgwitness.moved'', ''yes'', true) is null else q.content <> ''{}'' end'
      else ''
    end)
  from (
    select case plain_statement.operation when 'DELETE' then 'o' else 'n' end as alias,
      audit_private.match_expression(relation, watched.tenant_column, 'o', 'n') as match,
      case watched.level when 'row' then '(select old.*)' else 'old_rows' end as old_rows,
      case watched.level when 'row' then '(select new.*)' else 'new_rows' end as new_rows
  ) r
$$;
comment on function audit_private.plain_statement(audit_private.watched_table, regclass, text, boolean) is
  'SQL of a generated function that logs the rows that a statement has inserted, updated or deleted';
