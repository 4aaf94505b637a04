-- For whatever can call SQL now and then: systemd, cron, pgwitness jobs serve. A procedure for the same reason as those
-- it calls. Each of them notes its own errors in its run and ends, since nothing here could catch them: a procedure
-- that commits can't be called from a block that handles errors. What is due is asked again before each, so that two
-- of these side by side share the jobs.
create or replace procedure audit.run_jobs()
language plpgsql
as $$
declare
  due text;
begin
  foreach due in array audit_private.due_jobs() loop
    commit;
    if due operator(pg_catalog.<>) all (audit_private.due_jobs()) then
      continue;
    end if;
    if due operator(pg_catalog.=) 'seal_events' then
      call audit.seal_events();
    elsif due operator(pg_catalog.=) 'maintain_partitions' then
      call audit.maintain_partitions();
    elsif due operator(pg_catalog.=) 'purge_events' then
      call audit.purge_events();
    elsif due operator(pg_catalog.=) 'purge_data' then
      call audit.purge_data();
    elsif due operator(pg_catalog.=) 'reverify_events' then
      call audit.reverify_events();
    elsif due operator(pg_catalog.=) 'run_exports' then
      call audit.run_exports();
    end if;
  end loop;
end
$$;
comment on procedure audit.run_jobs() is
  'runs each job that is due, once however many times it was missed; calling it often, or twice at once, does no harm; '
  'for audit_operator';
grant execute on procedure audit.run_jobs() to audit_operator;
