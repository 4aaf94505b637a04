-- A session opened by this very transaction doesn't count: rolled back, it would take its event with it and
-- leave what was read. A service role names its session, since its login is everybody's; any other role's newest
-- is found.
create or replace function audit_private.find_access(tenant_id uuid)
returns setof audit_private.access_session
language sql
stable
parallel restricted
security definer
set search_path = pg_catalog, pg_temp
as $$
  select s.*
  from audit_private.access_session s
  cross join audit_private.current_reader() r
  where s.tenant_id = find_access.tenant_id
    and s.actor_id = r.actor_id
    and s.actor_type = r.actor_type
    and s.recorded_by = audit_private.recorded_by()
    and s.opened_at > clock_timestamp() - interval '8 hours'
    and audit_private.access_expiry(s.opened_at, s.last_used_at, null) > clock_timestamp()
    and s.opened_in is distinct from pg_current_xact_id_if_assigned()
    and case
      when nullif(current_setting('pgwitness.access_id', true), '') is not null
        then s.access_id::text = lower(current_setting('pgwitness.access_id', true))
      else not audit_private.is_service_role()
    end
    and not exists (
      select from audit_private.access_closing c
      where c.tenant_id = s.tenant_id and c.access_id = s.access_id
    )
  order by s.opened_at desc
  limit 1
$$;
comment on function audit_private.find_access(uuid) is
  'the caller''s usable access session in a tenant: its own, open, committed; no row without one';
