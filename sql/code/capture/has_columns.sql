-- Marked immutable, though a table's columns do change, and on purpose: with constant arguments PostgreSQL computes
-- it while planning and keeps the answer with the plan. The plan depends on the regclass constant, so whatever
-- alters that table, in any session, makes it plan and answer again. So a trigger asks after its columns for nothing.
create or replace function audit_private.has_columns(relation regclass, digest text, is_numbered boolean)
returns boolean
language sql
immutable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select audit_private.columns_digest(has_columns.relation, has_columns.is_numbered) is not distinct from has_columns.digest
$$;
comment on function audit_private.has_columns(regclass, text, boolean) is
  'whether a table still has the columns and the key that a generated function was written for';
grant execute on function audit_private.has_columns(regclass, text, boolean) to audit_writer;
