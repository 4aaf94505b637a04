-- The hot path of capture: one statement for all rows of one tenant that logs them. It is one flat query, because
-- each node and expression of a plan is set up anew at every execution, which is most of what a single row costs.
--
-- Rows before and after an update are joined on tenant and key, which is what an entity is for the log; by a full
-- join, because any other lets the planner keep nested loops that it chose while a statement touched one row. A row
-- without a partner only leaves a mark (pgwitness.moved; to forge it is to have a query run that finds nothing):
-- capture_rows tells it.
--
-- id comes before sequence in the table, so its nextval is the one that currval repeats.
create or replace function audit_private.plain_statement(
  watched audit_private.watched_table,
  relation regclass,
  operation text
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
    '      actor_type, outcome, recorded_by, actor_id, entity_id, description, actor, changes, target,\n'
    '      ip, user_agent, request_id\n'
    '    )\n'
    '    select capture.tenant, capture.moment,\n'
    '      audit_private.new_event_id(capture.moment, nextval(''audit_private.event_sequence'')), capture.moment,\n'
    '      currval(''audit_private.event_sequence''), capture.transaction_number, gen_random_uuid(), ''captured'',\n'
    '      %L, %L, capture.acting_type, ''success'', capture.recorder, capture.acting_id, %s, concat(%L, %s, %L),\n'
    '      capture.acting, %s,\n      %s, nullif(capture.context[4], '''')::inet, left(nullif(capture.context[5], ''''), 1000),\n'
    '      left(nullif(capture.context[6], ''''), 500)\n'
    '    from %s%s',
    audit_private.capture_action(watched.entity_type, plain_statement.operation), watched.entity_type, r.key,
    audit_private.entity_title(watched.entity_type) || ' ',
    case
      when watched.label_column is null then r.key
      else format('coalesce(nullif(btrim(left(concat(%s.%I), 200), E'' \t\r\n''), ''''), %s)', r.alias, watched.label_column, r.key)
    end,
    case plain_statement.operation when 'INSERT' then ' created' when 'DELETE' then ' deleted' else ' updated' end,
    case
      when plain_statement.operation = 'UPDATE' then audit_private.bounded_expression(
        watched, relation, '{o,n}', audit_private.changes_expression(watched, relation))
      else 'null'
    end,
    case
      when plain_statement.operation = 'UPDATE' then 'null'
      else audit_private.bounded_expression(watched, relation, array[r.alias], 'to_jsonb(snapshot.*)')
    end,
    case
      when plain_statement.operation = 'UPDATE' then format('%s o full join %s n on (%s)', r.old_rows, r.new_rows,
        audit_private.match_expression(relation, watched.tenant_column, 'o', 'n'))
      else format(E'%s %s\n    cross join lateral (\n      select %s\n    ) snapshot',
        case plain_statement.operation when 'DELETE' then r.old_rows else r.new_rows end, r.alias,
        audit_private.row_columns(watched, relation, r.alias))
    end,
    case
      when plain_statement.operation = 'UPDATE' then format(
        E'\n    where case\n      when o.%1$I is null or n.%1$I is null then set_config(''pgwitness.moved'', ''yes'', true) is null\n'
        '      else %2$s end',
        (audit_private.key_columns(relation))[1],
        coalesce((
          select string_agg(c.is_changed, ' or ' order by c.place)
          from audit_private.capture_columns(watched, relation) c
          where c.treatment <> 'left out' and not c.is_key and c.name is distinct from watched.tenant_column
        ), 'false'))
      else ''
    end)
  from (
    select s.alias, audit_private.key_expression(relation, s.alias) as key,
      case watched.level when 'row' then '(select old.*)' else 'old_rows' end as old_rows,
      case watched.level when 'row' then '(select new.*)' else 'new_rows' end as new_rows
    from (select case plain_statement.operation when 'DELETE' then 'o' else 'n' end as alias) s
  ) r
$$;
comment on function audit_private.plain_statement(audit_private.watched_table, regclass, text) is
  'SQL of a generated function that logs the rows that a statement has inserted, updated or deleted';
