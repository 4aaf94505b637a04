-- A procedure, so that each step is a transaction of its own. It only calls steps, and names even its operators in
-- full, as it can be neither security definer nor carry SET. A partition that is in use is tried again for ten seconds,
-- never waiting for it longer than a writer may have to wait. Only what is sealed can be removed, so it seals first. No error leaves it: one partition's trouble never stops the
-- others, and a run always ends.
create or replace procedure audit.purge_events()
language plpgsql
as $$
declare
  run constant pg_catalog.uuid := audit_private.begin_run('purge_events', pg_catalog.pg_backend_pid());
  state pg_catalog.text := 'more';
  attempts integer := 0;
begin
  commit;
  if run is null then
    return;
  end if;
  call audit.seal_events();
  begin
    perform audit_private.predict_purge(run);
  exception when others then
    perform audit_private.finish_run(run, 'failed', sqlerrm);
  end;
  commit;
  loop
    begin
      state := audit_private.purge_step(run);
    exception when others then
      state := audit_private.skip_partition(run, sqlerrm);
    end;
    commit;
    exit when state operator(pg_catalog.=) 'done';
    if state operator(pg_catalog.=) 'busy' then
      attempts := attempts operator(pg_catalog.+) 1;
      if attempts operator(pg_catalog.=) 40 then
        perform audit_private.skip_partition(run, 'in use');
        attempts := 0;
      else
        perform pg_catalog.pg_sleep(0.25);
      end if;
    else
      attempts := 0;
    end if;
  end loop;
  begin
    perform audit_private.finish_purge(run);
  exception when others then
    perform audit_private.finish_run(run, 'failed', sqlerrm);
  end;
  commit;
end
$$;
comment on procedure audit.purge_events() is
  'removes expired events of every tenant, and leaves a receipt for each; daily, as the option purge_events_at says; for audit_operator';
grant execute on procedure audit.purge_events() to audit_operator;
