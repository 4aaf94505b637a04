-- Gives the procedure the next statement to run as its caller: the review of a table, then batch after batch, then the
-- next table. Before each it asks whether what is called is still what was generated. A statement that noted nothing
-- would be asked for again for ever, so it ends the table instead.
create or replace function audit_private.next_data_purge(run_id uuid)
returns text
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
set quote_all_identifiers = off
as $$
declare
  run audit_private.job_run;
  entry audit_private.data_retention;
  problem text;
begin
  perform audit_private.require_read_committed();
  select r.* into run
  from audit_private.job_run r
  where r.run_id = next_data_purge.run_id and r.result = 'running' and r.job_name = 'purge_data'
    and r.process_id = pg_backend_pid()
  for no key update;
  if not found then
    return null;
  end if;
  if run.place is null then
    perform audit_private.finish_data_purge(t.run_id, t.relation, 'interrupted', 'the run ended before it had looked at every row')
    from audit_private.data_purge_receipt t
    where t.result = 'running' and t.run_id <> run.run_id
    group by t.run_id, t.relation;
    run.place := '{"relation": "", "stage": "done"}';
  end if;

  if run.place ->> 'stage' <> 'done' then
    select d.* into entry from audit_private.data_retention d where d.relation = run.place ->> 'relation';
    problem := case
      when entry.armed_at is null then 'it was disarmed while the run was at it'
      when (run.place ->> 'is_asked')::boolean then 'a batch noted nothing'
      when audit_private.data_objects_digest(entry.object_name, entry.owner_name) is distinct from entry.objects_digest
        then 'its view or functions are not those that were generated'
    end;
    if problem is not null then
      perform audit_private.finish_data_purge(run.run_id, run.place ->> 'relation', 'failed', problem);
      run.place := run.place || '{"stage": "done"}';
    end if;
  end if;
  while run.place ->> 'stage' = 'done' loop
    select d.* into entry
    from audit_private.data_retention d
    where d.armed_at is not null and d.relation > (run.place ->> 'relation')
    order by d.relation
    limit 1;
    if not found then
      return null;
    end if;
    run.place := jsonb_build_object('relation', entry.relation, 'stage', 'review');
    problem := audit_private.data_retention_problem(entry);
    if problem is not null then
      perform audit_private.finish_data_purge(run.run_id, entry.relation, 'skipped', problem);
      run.place := run.place || '{"stage": "done"}';
    end if;
  end loop;
  if run.place ->> 'stage' = 'review' then
    update audit_private.data_retention_group g
    set days = g.next_days, took_effect_at = run.started_at, next_days = null, next_takes_effect_at = null
    where g.relation = entry.relation and g.next_takes_effect_at <= run.started_at;
  end if;
  update audit_private.job_run r
  set place = run.place || '{"is_asked": true}', last_step_at = clock_timestamp()
  where r.run_id = run.run_id;
  return format('select audit_data.%I($1)',
    case run.place ->> 'stage' when 'review' then 'review_of_' else 'purge_of_' end || entry.object_name);
end
$$;
comment on function audit_private.next_data_purge(uuid) is
  'the statement that a run has to execute next; null when it has been through every table; a step of purge_data';
grant execute on function audit_private.next_data_purge(uuid) to audit_operator;
