-- Actions and tenants meet in one row of logging_decision for each pair. Two transactions of which one
-- adds an action and the other a tenant would each miss the other's; so whoever adds, changes or
-- retires either holds this lock until it commits. Lock order everywhere: this one, then tenant rows.
create or replace function audit_private.lock_catalogue()
returns void
language sql
volatile
parallel unsafe
as $$
  select pg_catalog.pg_advisory_xact_lock(1885828969, 2)
$$;
comment on function audit_private.lock_catalogue() is 'one transaction at a time adds actions or tenants';
