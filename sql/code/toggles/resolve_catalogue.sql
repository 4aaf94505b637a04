-- After a change to actions or options. The tenants' rows are locked in key order, so that no toggle
-- is turned meanwhile; whoever adds a tenant waits on the catalogue's lock, which callers hold.
create or replace function audit_private.resolve_catalogue()
returns trigger
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform audit_private.lock_catalogue();
  perform from audit_private.tenant t order by t.tenant_id for no key update;
  perform audit_private.resolve_decisions(null);
  return null;
end
$$;
comment on function audit_private.resolve_catalogue() is 'trigger: brings every tenant''s logging_decision up to date';
