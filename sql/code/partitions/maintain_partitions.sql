-- A procedure, so that each step is a transaction of its own and a killed run keeps what it has.
-- It can therefore be neither security definer nor carry SET; it only calls steps that are, and names
-- even its operators in full.
create or replace procedure audit.maintain_partitions()
language plpgsql
as $$
declare
  run constant pg_catalog.uuid := audit_private.begin_run('maintain_partitions', pg_catalog.pg_backend_pid());
  added integer := 0;
  closed pg_catalog.text[] := '{}';
  closing pg_catalog.text;
  dropped integer := 0;
begin
  commit;
  if run is null then
    return;
  end if;
  while audit_private.add_next_partition() is not null loop
    added := added operator(pg_catalog.+) 1;
    commit;
  end loop;
  loop
    closing := audit_private.close_next_partition(closed);
    perform audit_private.note_step(run);
    commit;
    exit when closing is null;
    closed := closed operator(pg_catalog.||) closing;
  end loop;
  while audit_private.drop_empty_partition() is not null loop
    dropped := dropped operator(pg_catalog.+) 1;
    commit;
  end loop;
  while audit_private.forget_idempotency_keys(at_most => 10000) operator(pg_catalog.=) 10000 loop
    commit;
  end loop;
  perform audit_private.forget_runs();
  perform audit_private.finish_run(run, 'succeeded', pg_catalog.format(
    '%s partitions made ahead, %s closed, %s dropped', added, pg_catalog.cardinality(closed), dropped));
  commit;
end
$$;
comment on procedure audit.maintain_partitions() is
  'makes partitions as far ahead as the option partitions_ahead_weeks says, closes those that are no longer written to, '
  'drops empty ones, and forgets idempotency keys older than a day and runs of jobs that nobody asks for any more; for audit_operator';
grant execute on procedure audit.maintain_partitions() to audit_operator;
