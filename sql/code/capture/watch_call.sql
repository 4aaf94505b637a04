create or replace function audit_private.watch_call(watched audit_private.watched_table, relation regclass)
returns text
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select format('select audit.watch(%s);', concat_ws(', ',
    quote_literal(relation), format('entity_type => %L', watched.entity_type),
    format('tenant_column => %L', coalesce(t.attname::text, watched.tenant_column)),
    'label_column => ' || quote_literal(watched.label_column), 'columns => ' || quote_literal(watched.allowed_columns),
    'redact_columns => ' || quote_literal(nullif(watched.redact_columns, '{}')),
    'ignore_columns => ' || quote_literal(nullif(watched.ignore_columns, '{}')),
    'level => ' || quote_literal(nullif(watched.level, 'statement')),
    'on_error => ' || quote_literal(nullif(watched.on_error, 'refuse')),
    case when not watched.keep_deleted_values then 'keep_deleted_values => false' end))
  from (select) as one
  left join pg_attribute t on t.attrelid = watch_call.relation and t.attnum = watched.tenant_column_number
    and not t.attisdropped and watched.tenant_column is not null
    and not exists (
      select from pg_attribute a where a.attrelid = watch_call.relation and a.attname = watched.tenant_column and not a.attisdropped)
$$;
comment on function audit_private.watch_call(audit_private.watched_table, regclass) is
  'the call that watches a table again as it was watched, for its columns as they are now';
