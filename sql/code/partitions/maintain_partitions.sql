-- A procedure, so that each partition is made in a transaction of its own and a killed run keeps what it has.
-- It can therefore be neither security definer nor carry SET; it only calls a step that is.
create or replace procedure audit.maintain_partitions()
language plpgsql
as $$
begin
  while audit_private.add_next_partition() is not null loop
    commit;
  end loop;
end
$$;
comment on procedure audit.maintain_partitions() is
  'makes partitions as far ahead as the option partitions_ahead_weeks says; for audit_operator';
grant execute on procedure audit.maintain_partitions() to audit_operator;
