-- A procedure, so that each chunk is a transaction of its own: it only calls steps, as purge_events does. Exports take
-- turns chunk by chunk, so that a large one holds up nobody. A run that was killed leaves them running, and the next
-- run goes on with them.
create or replace procedure audit.run_exports()
language plpgsql
as $$
declare
  run constant pg_catalog.uuid := audit_private.begin_exports(pg_catalog.pg_backend_pid());
  running pg_catalog.uuid[];
  export pg_catalog.uuid;
  steps pg_catalog.int8 := 0;
  problem pg_catalog.text;
begin
  commit;
  if run is null then
    return;
  end if;
  loop
    begin
      running := audit_private.start_exports();
    exception when others then
      running := '{}';
      problem := sqlerrm;
    end;
    commit;
    exit when pg_catalog.cardinality(running) operator(pg_catalog.=) 0;
    foreach export in array running loop
      begin
        perform audit_private.export_step(export);
      exception when others then
        perform audit_private.fail_export(export, sqlerrm);
      end;
      perform audit_private.note_step(run);
      commit;
      steps := steps operator(pg_catalog.+) 1;
    end loop;
  end loop;
  if problem is not null then
    perform audit_private.finish_run(run, 'failed', problem);
  elsif steps operator(pg_catalog.=) 0 then
    perform audit_private.finish_run(run, 'succeeded', 'nothing to do');
  else
    perform audit_private.finish_run(run, 'succeeded', pg_catalog.format('%s steps of exports', steps));
  end if;
  commit;
end
$$;
comment on procedure audit.run_exports() is
  'writes the exports that were asked for, and removes those that have expired; every minute; for audit_operator';
grant execute on procedure audit.run_exports() to audit_operator;
