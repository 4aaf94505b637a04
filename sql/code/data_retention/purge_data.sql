-- What is executed here belongs to the tables' owners: definers, checked just before by next_data_purge. They are called
-- from here and from no function of an engine role, so that their triggers never run with its rights. A procedure can
-- be neither security definer nor carry SET, and names even its operators in full.
create or replace procedure audit.purge_data()
language plpgsql
as $$
declare
  run_id constant pg_catalog.uuid := audit_private.begin_run('purge_data', pg_catalog.pg_backend_pid());
  statement pg_catalog.text;
begin
  commit;
  if run_id is null then
    return;
  end if;
  loop
    statement := audit_private.next_data_purge(run_id);
    exit when statement is null;
    commit;
    begin
      execute statement using run_id;
    exception when others then
      perform audit_private.fail_data_purge(run_id, pg_catalog.format('%s (%s)', sqlerrm, sqlstate));
    end;
    commit;
  end loop;
  perform audit_private.end_data_purge(run_id);
  commit;
end
$$;
comment on procedure audit.purge_data() is
  'removes the rows that are due of every armed table, in batches, with receipts; safe to kill and to run again; for audit_operator';
grant execute on procedure audit.purge_data() to audit_operator;
