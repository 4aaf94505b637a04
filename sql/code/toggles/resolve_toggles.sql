-- After a change to one tenant's toggles, or to the tenant itself. Two administrators who turn
-- different toggles at once would each resolve without the other's; so the tenant's row is locked
-- first, and the next statement's snapshot sees what the other has committed. Writers of events only
-- read logging_decision and wait for none of it.
create or replace function audit_private.resolve_toggles()
returns trigger
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  touched constant uuid := coalesce(new.tenant_id, old.tenant_id);
begin
  perform from audit_private.tenant t where t.tenant_id = touched for no key update;
  perform audit_private.resolve_decisions(touched);
  return null;
end
$$;
comment on function audit_private.resolve_toggles() is 'trigger: brings one tenant''s logging_decision up to date';
