-- Who reads, and why, is no secret within the tenant: that is what the session is for. So this needs
-- no session of its own.
create or replace function audit.list_access(tenant_id uuid default null)
returns table (
  access_id uuid,
  access_reason text,
  justification text,
  actor_id text,
  actor_type text,
  recorded_by text,
  opened_at timestamptz,
  last_used_at timestamptz,
  expires_at timestamptz,
  closed_at timestamptz,
  closed_by text,
  is_open boolean
)
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  tenant uuid;
begin
  tenant := audit_private.require_tenant(list_access.tenant_id);
  return query
  select s.access_id, s.access_reason, s.justification, s.actor_id, s.actor_type, s.recorded_by,
    s.opened_at, s.last_used_at, e.expires_at, c.closed_at, c.closed_by,
    e.expires_at > clock_timestamp()
  from audit_private.access_session s
  left join audit_private.access_closing c on c.tenant_id = s.tenant_id and c.access_id = s.access_id
  cross join lateral (
    select audit_private.access_expiry(s.opened_at, s.last_used_at, c.closed_at) as expires_at
  ) e
  where s.tenant_id = tenant
  order by s.opened_at desc, s.access_id desc;
  perform audit_private.release_tenant();
end
$$;
comment on function audit.list_access(uuid) is 'The access sessions of the tenant, newest first';
grant execute on function audit.list_access(uuid)
  to audit_reader, audit_admin, audit_privacy, audit_auditor;
