set local role audit_finder;
-- What a purge removes, what it notes and what it counts are several statements, and all of them go by what is sealed, so
-- nothing may be sealed in between. And a sealer that waits for a partition which is being emptied would come back to an
-- empty one: what is put back is younger than its statement. It is waited for as long as it takes: nobody queues behind.
create or replace function audit_private.pause_sealing()
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = 0
as $$
begin
  perform from audit_private.sealing s for share;
end
$$;
comment on function audit_private.pause_sealing() is
  'until the transaction ends nothing is sealed; the first step of each removal';
grant execute on function audit_private.pause_sealing() to audit_keeper;
