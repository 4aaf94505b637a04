create or replace function audit.list_watched()
returns table (
  relation text,
  entity_type text,
  tenant_column text,
  label_column text,
  key_columns text[],
  columns text[],
  redact_columns text[],
  ignore_columns text[],
  level text,
  on_error text,
  keep_deleted_values boolean,
  watched_at timestamptz,
  watched_by text,
  state text,
  problem text,
  hint text
)
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $$
  select coalesce(r.relation::text, format('%I.%I', w.schema_name, w.table_name)), w.entity_type, w.tenant_column,
    w.label_column, audit_private.key_columns(r.relation), w.allowed_columns, w.redact_columns, w.ignore_columns, w.level,
    w.on_error, w.keep_deleted_values, w.watched_at, w.watched_by, coalesce(p.state, 'ok'), p.problem, p.hint
  from audit_private.watched_table w
  cross join lateral (select audit_private.watched_relation(w.entity_type) as relation) r
  left join (
    select c.entity_type, min(c.state) as state, string_agg(c.problem, E'\n' order by c.state, c.problem) as problem,
      string_agg(c.hint, E'\n' order by c.state, c.problem) as hint
    from audit_private.capture_problems() c
    group by c.entity_type
  ) p on p.entity_type = w.entity_type
  where w.unwatched_at is null
  order by w.entity_type
$$;
comment on function audit.list_watched() is
  'the tables that are watched, how, and whether their changes are captured whole (state ok, warning or error, with what '
  'mends it); for audit_operator and audit_auditor';
grant execute on function audit.list_watched() to audit_operator, audit_auditor;
