-- What may be deleted depends on holds and policies. A deleting step takes these locks before it looks at them, so
-- that whoever places a hold or lengthens a retention meanwhile waits until the step has committed, and knows that
-- no later step misses it; two deleting steps follow each other. In an older snapshot they would still miss what was committed before, hence read
-- committed only. Writers of events take none of these locks.
create or replace function audit_private.close_gate()
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform audit_private.require_read_committed();
  lock table audit_private.legal_hold, audit_private.retention_policy, audit_private.retention_floor in share row exclusive mode;
end
$$;
comment on function audit_private.close_gate() is
  'until the transaction ends nobody places a hold or changes a policy; the first step of each deletion';
grant execute on function audit_private.close_gate() to audit_keeper;
