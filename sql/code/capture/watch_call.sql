create or replace function audit_private.watch_call(watched audit_private.watched_table, relation regclass)
returns text
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select format('select audit.watch(%s);', concat_ws(', ',
    quote_literal(watch_call.relation), format('entity_type => %L', watched.entity_type),
    'tenant_column => ' || quote_literal(n.tenant_column), 'label_column => ' || quote_literal(n.label_column),
    'columns => ' || quote_literal(n.allowed), 'redact_columns => ' || quote_literal(nullif(n.redacted, '{}')),
    'ignore_columns => ' || quote_literal(nullif(n.ignored, '{}')),
    'level => ' || quote_literal(nullif(watched.level, 'statement')),
    'on_error => ' || quote_literal(nullif(watched.on_error, 'refuse')),
    case when not watched.keep_deleted_values then 'keep_deleted_values => false' end,
    case
      when (n.allowed, n.redacted, n.ignored)
        is distinct from (watched.allowed_columns, watched.redact_columns, watched.ignore_columns)
        then 'reason => ''the columns have changed'''
    end))
  from (
    select
      (audit_private.current_columns(watched, watch_call.relation, array[watched.tenant_column]))[1] as tenant_column,
      (audit_private.current_columns(watched, watch_call.relation, array[watched.label_column]))[1] as label_column,
      audit_private.current_columns(watched, watch_call.relation, watched.allowed_columns) as allowed,
      audit_private.current_columns(watched, watch_call.relation, watched.redact_columns, true) as redacted,
      audit_private.current_columns(watched, watch_call.relation, watched.ignore_columns) as ignored
  ) n
$$;
comment on function audit_private.watch_call(audit_private.watched_table, regclass) is
  'the call that watches a table again as it was watched, for its columns as they are now';
