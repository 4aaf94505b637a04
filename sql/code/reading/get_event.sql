-- The id alone gives the time, so one partition is asked by its primary key.
create or replace function audit.get_event(event_id uuid, tenant_id uuid default null)
returns audit.event
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set datestyle = 'ISO, YMD'
as $$
declare
  tenant uuid;
  session audit_private.access_session;
  event audit.event;
begin
  tenant := audit_private.require_tenant(get_event.tenant_id);
  session := audit_private.require_access(tenant);
  execute format(
    'select e.* from audit_private.readable_event e
    where e.tenant_id = %L::uuid and e.occurred_at = %L::timestamptz and e.id = %L::uuid',
    tenant, audit_private.event_time(get_event.event_id), get_event.event_id)
  into event;
  if event.id is null then
    raise exception using
      errcode = 'WT044',
      message = format('there is no event %s', coalesce(get_event.event_id::text, 'null')),
      detail = format('Tenant %s has no event of this id.', tenant),
      hint = 'Events are found with audit.search_events.';
  end if;
  perform audit_private.record_read(
    session => session,
    route => 'get',
    filter => jsonb_build_object('id', get_event.event_id),
    rows => 1
  );
  perform audit_private.release_tenant();
  return event;
end
$$;
comment on function audit.get_event(uuid, uuid) is
  'One event of the tenant. Needs an open access session, and is logged. Raises WT044 when there is none.';
grant execute on function audit.get_event(uuid, uuid)
  to audit_reader, audit_admin, audit_privacy, audit_auditor;
