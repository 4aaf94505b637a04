-- With its caller's rights: the review that is executed is a definer of the table's owner.
create or replace function audit.preview_data_purge(relation regclass)
returns table (
  tenant_id uuid,
  level text,
  days integer,
  rows bigint,
  due bigint,
  waiting bigint,
  kept_by_hold bigint,
  invalid bigint,
  oldest_at timestamptz
)
language plpgsql
volatile
parallel unsafe
set search_path = pg_catalog, pg_temp
as $$
declare
  summary jsonb;
begin
  execute audit_private.data_review_statement(relation) into summary;
  return query
  select s.tenant_id, s.level, s.days, s.rows, s.due, s.waiting, s.kept_by_hold, s.invalid, s.oldest_at
  from jsonb_to_recordset(summary) as s (tenant_id uuid, level text, days integer, rows bigint, due bigint,
    waiting bigint, kept_by_hold bigint, invalid bigint, oldest_at timestamptz);
end
$$;
comment on function audit.preview_data_purge(regclass) is
  'what purge_data would remove now, by tenant, level and days (level null: nothing is set, so it is kept), and what waits, is '
  'held or kept for a value that makes no sense; arming approves it; for audit_operator; raises WT112';
grant execute on function audit.preview_data_purge(regclass) to audit_operator;
