-- The other side of close_gate: whoever changes holds, policies or floors takes the locks of all three first, in the same
-- order, so that a transaction that changes several of them and a purge never wait for each other.
create or replace function audit_private.pass_gate()
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  lock table audit_private.legal_hold, audit_private.retention_policy, audit_private.retention_floor in row exclusive mode;
end
$$;
comment on function audit_private.pass_gate() is
  'waits for a deletion under way, before a hold, a policy or a floor is changed';
grant execute on function audit_private.pass_gate() to audit_keeper;
