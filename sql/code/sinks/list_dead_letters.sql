set local role audit_keeper;
create or replace function audit.list_dead_letters(name text)
returns table (
  tenant_id uuid,
  event_id uuid,
  occurred_at timestamptz,
  refusals integer,
  first_refused_at timestamptz,
  last_refused_at timestamptz,
  error text,
  is_retrying boolean
)
language sql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select d.tenant_id, d.event_id, d.occurred_at, d.refusals, d.first_refused_at, d.last_refused_at, d.error,
    d.retry_number is not null
  from audit_private.dead_letter d
  where d.sink_name = audit_private.readable_sink(list_dead_letters.name)
  order by d.first_refused_at, d.event_id
$$;
comment on function audit.list_dead_letters(text) is
  'events that the receiver of a sink refused, oldest first; for audit_operator, audit_auditor and the role that the sink names; '
  'raises WT150';
grant execute on function audit.list_dead_letters(text) to audit_operator, audit_auditor, audit_shipper;
