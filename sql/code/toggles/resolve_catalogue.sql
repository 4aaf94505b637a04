-- After a change to actions or options. The catalogue's lock keeps tenants from being added meanwhile, and
-- the tenants' rows, locked in key order, toggles from being turned. An administrator who leaves a toggle
-- uncommitted makes this give up, not wait.
create or replace function audit_private.resolve_catalogue()
returns trigger
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '10s'
as $$
begin
  perform audit_private.lock_catalogue();
  perform from audit_private.tenant t order by t.tenant_id for no key update;
  perform audit_private.resolve_decisions(null);
  return null;
exception when lock_not_available then
  raise exception using
    errcode = 'WT084',
    message = 'a tenant''s administrator is turning toggles',
    detail = 'That transaction has been open for more than 10 seconds.',
    hint = 'Try again; select pid, usename, xact_start from pg_stat_activity where state = ''idle in transaction'';';
end
$$;
comment on function audit_private.resolve_catalogue() is 'trigger: brings every tenant''s logging_decision up to date';
