-- Executed by a generated function for what is rare. "names" holds how the statement may call its values.
create or replace function audit_private.capture_statement(
  watched audit_private.watched_table,
  relation regclass,
  operation text,
  kind text,
  names jsonb
)
returns text
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select format(
    E'insert into audit_private.event (\n'
    '    tenant_id, occurred_at, id, recorded_at, sequence, transaction_id, salt, source, action, entity_type,\n'
    '    actor_type, outcome, recorded_by, actor_id, entity_id, description, actor, changes, target, metadata,\n'
    '    ip, user_agent, request_id\n'
    '  )\n'
    '  select q.tenant_id, %1$s, audit_private.new_event_id(%1$s, q.place), %1$s, q.place, %2$s,\n'
    '    gen_random_uuid(), ''captured'', %3$L, %4$L, %5$s, ''success'', %6$s, %7$s, q.entity_id, q.description, %8$s,\n'
    '    %11$s, %12$s,\n'
    '    q.metadata, %9$s\n'
    '  from (\n'
    '    %10$s\n'
    '  ) q\n'
    '  where q.changes <> ''{}'' or q.target is not null',
    names ->> 'moment', names ->> 'transaction_number',
    audit_private.capture_action(watched.entity_type, capture_statement.operation), watched.entity_type,
    names ->> 'acting_type', names ->> 'recorder', names ->> 'acting_id', names ->> 'acting', names ->> 'context',
    audit_private.capture_rows(watched, relation, capture_statement.operation, capture_statement.kind, names),
    format(b.bounded, 'q.changes'), format(b.bounded, 'q.target'))
  from (
    select 'case when pg_column_size(%1$s) > 900 then audit_private.cut_columns(%1$s) else %1$s end' as bounded
  ) b
$$;
comment on function audit_private.capture_statement(audit_private.watched_table, regclass, text, text, jsonb) is
  'SQL that logs the rows that a statement has inserted, updated or deleted';
grant execute on function audit_private.capture_statement(audit_private.watched_table, regclass, text, text, jsonb)
  to audit_writer;
