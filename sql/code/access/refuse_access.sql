-- Reached only without a usable session: finds out why, in the order in which a reader can do something about it.
create or replace function audit_private.refuse_access(
  tenant_id uuid,
  actor_id text,
  actor_type text,
  named text
)
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  recorder constant text := audit_private.recorded_by();
  is_service constant boolean := audit_private.is_service_role();
  session audit_private.access_session;
  closed_at timestamptz;
begin
  select s.* into session
  from audit_private.access_session s
  where s.tenant_id = refuse_access.tenant_id
    and case
      when refuse_access.named is not null then s.access_id::text = lower(refuse_access.named)
      else not is_service
        and s.actor_id = refuse_access.actor_id
        and s.actor_type = refuse_access.actor_type
        and s.recorded_by = recorder
        and s.opened_in = pg_current_xact_id_if_assigned()
    end
  limit 1;
  if session.access_id is null then
    raise exception using
      errcode = 'WT030',
      message = 'reading the log needs an open access session',
      detail = case
        when refuse_access.named is not null then format('Tenant %s has no session %L, which pgwitness.access_id names.',
          refuse_access.tenant_id, left(refuse_access.named, 100))
        when is_service then 'A service role names its session in each transaction''s context, and none is named.'
        else format('%s %s as %s has no open session in tenant %s.',
          refuse_access.actor_type, refuse_access.actor_id, recorder, refuse_access.tenant_id)
      end,
      hint = format(
        'select audit.open_access(access_reason => %L, justification => %L); commit%s; then read again. '
        'Reasons: select * from audit.list_catalogue() where kind = %L.',
        coalesce(
          (select r.access_reason from audit_private.access_reason r order by r.access_reason limit 1),
          'audit_review'),
        'why, in 10 to 500 characters',
        case when is_service then ' and give the id as access_id of audit.set_context' else '' end,
        'access_reason');
  end if;

  if (session.actor_id, session.actor_type, session.recorded_by)
    is distinct from (refuse_access.actor_id, refuse_access.actor_type, recorder)
  then
    raise exception using
      errcode = 'WT035',
      message = format('access session %s belongs to somebody else', session.access_id),
      detail = format('It was opened by another actor or database role than %s %s as %s.',
        refuse_access.actor_type, refuse_access.actor_id, recorder),
      hint = 'Open a session of your own with audit.open_access.';
  end if;

  if session.opened_in = pg_current_xact_id_if_assigned() then
    raise exception using
      errcode = 'WT032',
      message = format('access session %s isn''t committed yet', session.access_id),
      detail = 'A session counts from the commit of the transaction that opened it, so that a rollback can''t hide a read.',
      hint = 'Commit after audit.open_access and read in the next transaction.';
  end if;

  select c.closed_at into closed_at
  from audit_private.access_closing c
  where c.tenant_id = session.tenant_id and c.access_id = session.access_id;
  raise exception using
    errcode = 'WT031',
    message = format('access session %s has ended', session.access_id),
    detail = format('It %s at %s.',
      case when closed_at is not null then 'was closed' else 'expired' end,
      audit_private.access_expiry(session.opened_at, session.last_used_at, closed_at)),
    hint = 'Open a new one with audit.open_access.';
end
$$;
comment on function audit_private.refuse_access(uuid, text, text, text) is
  'raises WT030, WT031, WT032 or WT035: why the caller has no usable access session';
