-- A procedure, so that the snapshot is that of a transaction which has written nothing. As the other jobs it only calls
-- steps, and names even its operators in full.
create or replace procedure audit.seal_events()
language plpgsql
as $$
declare
  run constant pg_catalog.uuid := audit_private.begin_run('seal_events', pg_catalog.pg_backend_pid());
  outcome pg_catalog.text := 'again';
  problem pg_catalog.text;
begin
  commit;
  if run is null then
    return;
  end if;
  perform audit_private.summarize_events();
  commit;
  for attempt in 1..10 loop
    begin
      outcome := audit_private.seal_step();
      if outcome operator(pg_catalog.=) 'moved' then
        perform audit_private.enter_epoch();
      end if;
    exception when others then
      problem := sqlerrm;
    end;
    commit;
    exit when problem is not null or outcome operator(pg_catalog.<>) all (array['again', 'moved']);
  end loop;
  if problem is null and outcome operator(pg_catalog.=) any (array['again', 'moved']) then
    problem := 'others have sealed or entered an epoch all the while';
  end if;
  perform audit_private.finish_run(
    run, case when problem is null then 'succeeded' else 'failed' end, coalesce(problem, outcome));
  commit;
end
$$;
comment on procedure audit.seal_events() is
  'seals every event that was committed since the last run, in a chain for each tenant; every minute; for audit_operator';
grant execute on procedure audit.seal_events() to audit_operator;
