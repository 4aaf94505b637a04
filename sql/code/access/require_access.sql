-- The gate of every route that returns payloads. Sliding takes the row's lock only when nobody else holds it:
-- whoever does is another read of the same session, which slides it as well, and reads needn't queue.
--
-- In a transaction that keeps one snapshot a session or grant that was revoked meanwhile would still look valid,
-- so it is refused.
create or replace function audit_private.require_access(tenant_id uuid)
returns audit_private.access_session
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  named constant text := nullif(current_setting('pgwitness.access_id', true), '');
  reader record;
  session audit_private.access_session;
begin
  perform audit_private.require_writable();
  perform audit_private.require_read_committed();
  select * into session from audit_private.find_access(require_access.tenant_id);
  if session.access_id is null then
    select * into reader from audit_private.current_reader();
    perform audit_private.refuse_access(require_access.tenant_id, reader.actor_id, reader.actor_type, named);
  end if;

  update audit_private.access_session s
  set last_used_at = clock_timestamp()
  where s.tenant_id = session.tenant_id
    and s.access_id = session.access_id
    and s.ctid = (
      select l.ctid
      from audit_private.access_session l
      where l.tenant_id = session.tenant_id and l.access_id = session.access_id
      for no key update skip locked
    );
  return session;
end
$$;
comment on function audit_private.require_access(uuid) is
  'the caller''s access session in a tenant, slid; raises WT030, WT031, WT032, WT035 or WT036 without one';
