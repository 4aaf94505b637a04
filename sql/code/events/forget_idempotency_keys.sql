set local role audit_writer;
-- A step of maintenance: keys older than a day answer no more, and a claim of one would take it over anyway.
create or replace function audit_private.forget_idempotency_keys(at_most integer)
returns integer
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  forgotten integer;
begin
  delete from audit_private.idempotency_key k
  where (k.tenant_id, k.idempotency_key) in (
    select o.tenant_id, o.idempotency_key
    from audit_private.idempotency_key o
    where o.logged_at < clock_timestamp() - interval '24 hours'
    limit forget_idempotency_keys.at_most
    for update skip locked
  );
  get diagnostics forgotten = row_count;
  return forgotten;
end
$$;
comment on function audit_private.forget_idempotency_keys(integer) is
  'removes idempotency keys older than a day; returns how many; a step of maintain_partitions';
grant execute on function audit_private.forget_idempotency_keys(integer) to audit_operator;
