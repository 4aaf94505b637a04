-- A row of its own tells that a session is closed, so that revoking one never waits for a transaction that is
-- reading with it; that one's next statement is refused. Its key decides between two closings.
create or replace function audit.close_access(
  access_id uuid,
  tenant_id uuid default null
)
returns boolean
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  tenant uuid;
  closer record;
  session audit_private.access_session;
begin
  perform audit_private.require_writable();
  tenant := audit_private.require_tenant(close_access.tenant_id);
  select * into session
  from audit_private.access_session s
  where s.tenant_id = tenant and s.access_id = close_access.access_id;
  if not found then
    raise exception using
      errcode = 'WT030',
      message = format('there is no access session %s', coalesce(close_access.access_id::text, 'null')),
      detail = format('Tenant %s has no session of this id.', tenant),
      hint = 'See: select * from audit.list_access();';
  end if;

  select * into closer from audit_private.current_reader();
  if (session.actor_id, session.actor_type, session.recorded_by)
      is distinct from (closer.actor_id, closer.actor_type, audit_private.recorded_by())
    and not pg_has_role(audit_private.effective_role(), 'audit_admin', 'usage')
  then
    raise exception using
      errcode = 'WT035',
      message = format('access session %s belongs to somebody else', session.access_id),
      detail = 'A session may be closed by the actor and role that opened it.',
      hint = 'A member of audit_admin may close any session of the tenant.';
  end if;
  if audit_private.access_expiry(session.opened_at, session.last_used_at, null) <= clock_timestamp() then
    perform audit_private.release_tenant();
    return false;
  end if;

  insert into audit_private.access_closing (tenant_id, access_id, closed_by)
  values (tenant, session.access_id, audit_private.recorded_by())
  on conflict do nothing;
  if not found then
    perform audit_private.release_tenant();
    return false;
  end if;
  perform audit_private.write_system_event(
    tenant_id => tenant,
    action => 'audit_session_closed',
    entity_type => 'audit_session',
    entity_id => session.access_id::text,
    description => 'Closed access to the log: ' || session.access_reason,
    metadata => jsonb_build_object(
      'access_id', session.access_id,
      'access_reason', session.access_reason,
      'justification', session.justification,
      'opened_by', jsonb_build_object('type', session.actor_type, 'id', session.actor_id)
    )
  );
  perform audit_private.release_tenant();
  return true;
end
$$;
comment on function audit.close_access(uuid, uuid) is
  'Closes an access session: one''s own, or any of the tenant as a member of audit_admin. '
  'True when it was open. Raises WT030, WT035 and WT036.';
grant execute on function audit.close_access(uuid, uuid)
  to audit_reader, audit_admin, audit_privacy, audit_auditor;
