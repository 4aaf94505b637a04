create or replace function audit.list_epochs()
returns table (
  epoch integer,
  origin text,
  kind text,
  began_at timestamptz,
  log_size bigint,
  last_sealed_at timestamptz,
  accepted_at timestamptz,
  accepted_by text,
  accept_reason text
)
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select e.epoch, audit_private.log_origin(e.epoch), e.kind, e.began_at, e.log_size, e.last_sealed_at, e.accepted_at,
    e.accepted_by, e.accept_reason
  from audit_private.epoch e
  order by e.epoch desc
$$;
comment on function audit.list_epochs() is
  'the lives of the log, newest first: where each began, by what kind of restore, and who accepted it; '
  'for audit_operator and audit_auditor';
grant execute on function audit.list_epochs() to audit_operator, audit_auditor;
