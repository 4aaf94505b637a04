-- The opening is an event of its own, and the session counts only once that event has committed
-- (require_access), so that "open, read, roll back" leaves nothing to read with.
--
-- Five openings an hour. A role that stands for itself is counted by its login, because the actor's
-- name is only its own claim; a service role is counted by actor, because its login is everybody's.
-- Openings of one tenant and counted name wait for each other on a transaction-level advisory lock,
-- taken before the count and held to the end, so that two at once can't both be the fifth. How names are
-- quoted is pinned, or a setting would make a login look like another.
create or replace function audit.open_access(
  access_reason text,
  justification text,
  tenant_id uuid default null
)
returns uuid
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  openings_allowed constant integer := 5;
  tenant uuid;
  reader record;
  words text;
  login constant text := audit_private.quoted_role(session_user);
  is_service boolean;
  fifth timestamptz;
  opened uuid := gen_random_uuid();
begin
  perform audit_private.require_writable();
  perform audit_private.require_read_committed();
  tenant := audit_private.require_tenant(open_access.tenant_id);
  words := audit_private.check_reason(open_access.justification);
  if not exists (
    select from audit_private.access_reason r where r.access_reason = open_access.access_reason
  ) then
    raise exception using
      errcode = 'WT034',
      message = format('access reason %L is not in the catalogue', open_access.access_reason),
      detail = 'Known reasons: ' || coalesce(
        (select string_agg(r.access_reason, ', ' order by r.access_reason) from audit_private.access_reason r),
        'none'),
      hint = 'An operator adds one with audit.define_access_reason(access_reason => …, titles => …).';
  end if;

  select * into reader from audit_private.current_reader();
  is_service := audit_private.is_service_role();
  perform pg_advisory_xact_lock(hashtextextended(
    format('pgwitness open_access %s %s', tenant,
      case when is_service then format('actor %s %s', reader.actor_type, reader.actor_id)
        else 'login ' || login end),
    0));
  select s.opened_at into fifth
  from audit_private.access_session s
  where s.tenant_id = tenant
    and s.opened_at > clock_timestamp() - interval '1 hour'
    and case
      when is_service then s.actor_id = reader.actor_id and s.actor_type = reader.actor_type
      else starts_with(s.recorded_by || '/', login || '/')
    end
  order by s.opened_at desc
  offset openings_allowed - 1
  limit 1;
  if found then
    raise exception using
      errcode = 'WT033',
      message = format('%s access sessions were opened within the last hour, and no more are allowed', openings_allowed),
      detail = format('The next may be opened at %s.', fifth + interval '1 hour'),
      hint = 'A session that is still open can be used on: see audit.list_access().';
  end if;

  insert into audit_private.access_session (
    tenant_id, access_id, access_reason, justification, actor_id, actor_type, recorded_by
  )
  values (
    tenant, opened, open_access.access_reason, words, reader.actor_id, reader.actor_type,
    audit_private.recorded_by()
  );
  perform audit_private.write_system_event(
    tenant_id => tenant,
    action => 'audit_session_created',
    entity_type => 'audit_session',
    entity_id => opened::text,
    description => 'Opened access to the log: ' || open_access.access_reason,
    metadata => jsonb_build_object(
      'access_id', opened,
      'access_reason', open_access.access_reason,
      'justification', words
    )
  );
  perform audit_private.release_tenant();
  return opened;
end
$$;
comment on function audit.open_access(text, text, uuid) is
  'Opens a justified access session and returns its id; it counts once this transaction has committed. '
  'It ends an hour after its last use, 8 hours after its opening. '
  'Raises WT021, WT033, WT034 and WT036.';
grant execute on function audit.open_access(text, text, uuid)
  to audit_reader, audit_admin, audit_privacy, audit_auditor;
