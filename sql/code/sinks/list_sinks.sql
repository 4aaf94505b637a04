-- A consumer lists what it may read, a tenant's administrators what is for their tenant, and not whom else it is for.
create or replace function audit.list_sinks(tenant_id uuid default null)
returns table (
  name text,
  kind text,
  format text,
  options jsonb,
  filter jsonb,
  tenant_ids uuid[],
  role text,
  digest text,
  carries_payloads boolean,
  purge_waits boolean,
  is_approved boolean,
  approved_tenants bigint,
  events_behind bigint,
  behind_since timestamptz,
  dead_letters bigint,
  consumer_process_id integer,
  seen_at timestamptz,
  acknowledged_at timestamptz,
  error text,
  error_at timestamptz,
  defined_at timestamptz,
  defined_by text
)
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  is_consumer constant boolean := list_sinks.tenant_id is null and not audit_private.sees_all_tenants()
    and exists (select from audit_private.sink s where s.role_name = audit_private.effective_role());
  tenant constant uuid := case when not is_consumer then audit_private.listed_tenant(list_sinks.tenant_id) end;
begin
  return query
  select s.sink_name, s.kind, audit_private.sink_format(s), s.options, s.filter,
    case when tenant is null or s.tenant_ids is null then s.tenant_ids else array[tenant] end,
    s.role_name::text, s.digest, s.carries_payloads, s.purge_waits,
    case when tenant is not null and s.carries_payloads then tenant = any (audit_private.sink_tenants(s)) end,
    case when tenant is null and s.carries_payloads then cardinality(audit_private.sink_tenants(s))::bigint end,
    l.events, l.since, audit_private.count_dead_letters(s, tenant), s.process_id, s.seen_at, s.acknowledged_at, s.error, s.error_at,
    s.defined_at, s.defined_by
  from audit_private.sink s
  cross join lateral audit_private.sink_lag(s, tenant) l
  where case
    when is_consumer then s.role_name = audit_private.effective_role()
    else tenant is null or s.tenant_ids is null or tenant = any (s.tenant_ids)
  end
  order by s.sink_name;
  if not is_consumer then
    perform audit_private.release_tenant();
  end if;
end
$$;
comment on function audit.list_sinks(uuid) is
  'sinks: what each is, how far behind, and what went wrong; all of them for audit_operator and audit_auditor, those for their '
  'tenant for audit_admin, those that name it for a role of audit_shipper';
grant execute on function audit.list_sinks(uuid) to audit_operator, audit_auditor, audit_admin, audit_shipper;
