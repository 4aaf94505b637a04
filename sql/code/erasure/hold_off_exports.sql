-- Chunks of an export are written in transactions of their own. One that is under way is waited for; until the erasure
-- ends, none of the tenant is begun (may_export), so that none holds what the erasure is just taking away.
create or replace function audit_private.hold_off_exports(tenant_id uuid)
returns void
language sql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select pg_advisory_xact_lock(hashtextextended('pgwitness erasure ' || hold_off_exports.tenant_id, 0))
$$;
comment on function audit_private.hold_off_exports(uuid) is
  'until the transaction ends nothing is written of the tenant''s exports; waits for a chunk that is being written';
