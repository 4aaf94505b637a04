-- A procedure, so that each step is a transaction of its own and a killed run keeps what it has.
-- It can therefore be neither security definer nor carry SET; it only calls steps that are, and names
-- even its operators in full.
create or replace procedure audit.maintain_partitions()
language plpgsql
as $$
begin
  while audit_private.add_next_partition() is not null loop
    commit;
  end loop;
  while audit_private.forget_idempotency_keys(at_most => 10000) operator(pg_catalog.=) 10000 loop
    commit;
  end loop;
end
$$;
comment on procedure audit.maintain_partitions() is
  'makes partitions as far ahead as the option partitions_ahead_weeks says, and forgets idempotency keys older than a day; for audit_operator';
grant execute on procedure audit.maintain_partitions() to audit_operator;
