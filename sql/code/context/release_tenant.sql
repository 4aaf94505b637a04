-- The other half of require_tenant. An error needs none: what a failed function has set is rolled back
-- with it.
create or replace function audit_private.release_tenant()
returns text
language sql
volatile
parallel unsafe
as $$
  select pg_catalog.set_config('pgwitness.named_tenant', '', true)
$$;
comment on function audit_private.release_tenant() is
  'ends what require_tenant began; every function that calls the one calls the other before it returns';
grant execute on function audit_private.release_tenant() to audit_writer, audit_finder, audit_keeper;
