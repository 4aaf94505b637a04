create or replace function audit.list_spool()
returns table (entity_type text, operation text, spooled_at timestamptz, spooled_by text, events bigint, error text)
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select s.entity_type, substr(s.action, length(s.entity_type) + 2), s.spooled_at, s.recorded_by, count(*), s.error
  from audit_private.capture_spool s
  group by s.entity_type, s.action, s.spooled_at, s.recorded_by, s.error
  order by min(s.spool_id)
$$;
comment on function audit.list_spool() is
  'changes that could not be logged when they were made, one row a statement, without what they hold; for audit_operator and audit_auditor';
grant execute on function audit.list_spool() to audit_operator, audit_auditor;
