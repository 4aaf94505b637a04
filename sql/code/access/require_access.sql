-- The gate of every route that returns payloads.
--
-- A session opened by this very transaction doesn't count: rolled back, it would take its event with
-- it and leave what was read. Sliding takes the row's lock only when nobody else holds it: whoever
-- does is another read of the same session, which slides it as well, and reads needn't queue.
create or replace function audit_private.require_access(tenant_id uuid)
returns audit_private.access_session
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $$
declare
  named constant text := nullif(current_setting('pgwitness.access_id', true), '');
  is_uuid constant boolean := named ~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$';
  role_in_force constant text := audit_private.recorded_by();
  own_transaction constant xid8 := pg_current_xact_id_if_assigned();
  reader record;
  session audit_private.access_session;
  expires_at timestamptz;
begin
  perform audit_private.require_writable();
  select coalesce(a.actor_id, a.actor_type) as actor_id, a.actor_type into reader from audit_private.current_actor() a;

  if named is not null then
    select * into session
    from audit_private.access_session s
    where s.tenant_id = require_access.tenant_id and s.access_id = case when is_uuid then named::uuid end;
    if found
      and (session.actor_id, session.actor_type, session.recorded_by)
        is distinct from (reader.actor_id, reader.actor_type, role_in_force)
    then
      raise exception using
        errcode = 'WT035',
        message = format('access session %s belongs to somebody else', session.access_id),
        detail = format('It was opened by another actor or database role than %s %s as %s.',
          reader.actor_type, reader.actor_id, role_in_force),
        hint = 'Open a session of your own with audit.open_access.';
    end if;
  elsif not audit_private.is_service_role() then
    select * into session
    from audit_private.access_session s
    where s.tenant_id = require_access.tenant_id
      and s.opened_at > clock_timestamp() - interval '8 hours'
      and s.actor_id = reader.actor_id
      and s.actor_type = reader.actor_type
      and s.recorded_by = role_in_force
      and audit_private.access_expiry(s.opened_at, s.last_used_at, s.closed_at) > clock_timestamp()
    order by (s.opened_in is distinct from own_transaction) desc, s.opened_at desc
    limit 1;
  end if;
  if session.access_id is null then
    raise exception using
      errcode = 'WT030',
      message = 'reading the log needs an open access session',
      detail = case
        when named is not null then format('Tenant %s has no session %L, which pgwitness.access_id names.',
          require_access.tenant_id, left(named, 100))
        when audit_private.is_service_role() then
          'A service role names its session in each transaction''s context, and none is named.'
        else format('%s %s as %s has no open session in tenant %s.',
          reader.actor_type, reader.actor_id, role_in_force, require_access.tenant_id)
      end,
      hint = format(
        'select audit.open_access(access_reason => %L, justification => %L); commit%s; then read again. Reasons: select * from audit.list_catalogue() where kind = %L.',
        coalesce(
          (select r.access_reason from audit_private.access_reason r order by r.access_reason limit 1),
          'audit_review'),
        'why, in 10 to 500 characters',
        case when audit_private.is_service_role()
          then ' and give the id as access_id of audit.set_context' else '' end,
        'access_reason');
  end if;

  if session.opened_in = own_transaction then
    raise exception using
      errcode = 'WT032',
      message = format('access session %s isn''t committed yet', session.access_id),
      detail = 'A session counts from the commit of the transaction that opened it, so that a rollback can''t hide a read.',
      hint = 'Commit after audit.open_access and read in the next transaction.';
  end if;
  expires_at := audit_private.access_expiry(session.opened_at, session.last_used_at, session.closed_at);
  if expires_at <= clock_timestamp() then
    raise exception using
      errcode = 'WT031',
      message = format('access session %s has ended', session.access_id),
      detail = format('It %s at %s.',
        case when session.closed_at is not null then 'was closed' else 'expired' end, expires_at),
      hint = 'Open a new one with audit.open_access.';
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
