-- What stands in for capture_statement when that failed, for a table declared too vital to stop: the same rows, with
-- neither toggle nor partition nor tenant asked.
create or replace function audit_private.spool_statement(
  watched audit_private.watched_table,
  relation regclass,
  operation text,
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
    E'insert into audit_private.capture_spool (\n'
    '    tenant_id, spooled_at, entity_type, action, entity_id, description, changes, target, metadata,\n'
    '    actor_id, actor_type, actor, recorded_by, is_whole, error\n'
    '  )\n'
    '  select r.tenant_id, %s, %L, %L, r.entity_id, r.description, r.changes, r.target, r.metadata, %s, %s, %s, %s, true, %s\n'
    '  from (\n'
    '    %s\n'
    '  ) r\n'
    '  where r.changes <> ''{}'' or r.target is not null',
    names ->> 'moment', watched.entity_type, audit_private.capture_action(watched.entity_type, operation),
    names ->> 'acting_id', names ->> 'acting_type', names ->> 'acting', names ->> 'recorder', names ->> 'failure',
    audit_private.capture_rows(watched, relation, operation, 'spooled', names))
$$;
comment on function audit_private.spool_statement(audit_private.watched_table, regclass, text, jsonb) is
  'SQL that keeps the rows of a statement that could not be logged';
grant execute on function audit_private.spool_statement(audit_private.watched_table, regclass, text, jsonb)
  to audit_writer;
