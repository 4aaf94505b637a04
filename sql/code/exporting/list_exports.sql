-- Who takes out what is no secret within the tenant, and the content is not here: so this needs no session.
create or replace function audit.list_exports(tenant_id uuid default null)
returns table (
  export_id uuid,
  format text,
  filter jsonb,
  state text,
  is_straight boolean,
  rows bigint,
  bytes bigint,
  reached_at timestamptz,
  digest text,
  error text,
  actor_id text,
  actor_type text,
  requested_by text,
  requested_at timestamptz,
  started_at timestamptz,
  finished_at timestamptz,
  expires_at timestamptz
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
  tenant := audit_private.require_tenant(list_exports.tenant_id);
  return query
  select x.export_id, x.format, x.filter, audit_private.export_state(x), x.is_straight, x.rows, x.bytes,
    x.place_occurred_at, x.digest, x.error, x.actor_id, x.actor_type, x.requested_by, x.requested_at, x.started_at,
    x.finished_at, x.expires_at
  from audit_private.export x
  where x.tenant_id = tenant
  order by x.requested_at desc, x.export_id desc;
  perform audit_private.release_tenant();
end
$$;
comment on function audit.list_exports(uuid) is
  'The exports of the tenant, newest first: how far each is, and the time of the event that it has come to';
grant execute on function audit.list_exports(uuid)
  to audit_reader, audit_admin, audit_privacy, audit_auditor;
