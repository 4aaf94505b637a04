-- What the view audit.event asks before it gives a row: tenant, session and an event of the read.
-- The view evaluates it once a statement, as a one-time filter above every scan. Whoever may read
-- the view needs EXECUTE here, and can't call it by name for want of USAGE on the schema.
create or replace function audit_private.open_reading()
returns uuid
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  tenant constant uuid := audit_private.require_tenant(null);
  session audit_private.access_session;
begin
  session := audit_private.require_access(tenant);
  if not audit_private.has_just_read(session, 'view', null, true) then
    perform audit_private.record_read(
      session => session,
      route => 'view',
      filter => null,
      rows => null,
      statement => case
        when length(current_query()) > 10000 then left(current_query(), 5000) || ' … ' || right(current_query(), 5000)
        else current_query()
      end
    );
  end if;
  perform audit_private.release_tenant();
  return tenant;
end
$$;
comment on function audit_private.open_reading() is
  'the tenant that may be read now, with an open access session; logs the statement; raises otherwise';
grant execute on function audit_private.open_reading()
  to audit_reader, audit_admin, audit_privacy, audit_auditor;
