-- A procedure, so that each week is a transaction of its own: it only calls steps, as the other jobs do.
create or replace procedure audit.reverify_events()
language plpgsql
as $$
declare
  run constant pg_catalog.uuid := audit_private.begin_run('reverify_events', pg_catalog.pg_backend_pid());
  state pg_catalog.text := 'more';
begin
  commit;
  if run is null then
    return;
  end if;
  begin
    perform audit_private.plan_verification(run);
  exception when others then
    perform audit_private.finish_run(run, 'failed', sqlerrm);
  end;
  commit;
  while state operator(pg_catalog.=) 'more' loop
    begin
      state := audit_private.reverify_step(run);
    exception when others then
      perform audit_private.finish_run(run, 'failed', sqlerrm);
      state := 'done';
    end;
    commit;
  end loop;
  begin
    perform audit_private.finish_verification(run);
  exception when others then
    perform audit_private.finish_run(run, 'failed', sqlerrm);
  end;
  commit;
end
$$;
comment on procedure audit.reverify_events() is
  'verifies what was sealed since it last ran, and old events in turn, each at least once a month; daily, as the option '
  'reverify_events_at says; for audit_operator';
grant execute on procedure audit.reverify_events() to audit_operator;
