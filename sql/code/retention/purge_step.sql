set local role audit_keeper;
-- One step, whole and safe alone: it empties a partition, or deletes one slice of one tenant's events from it, whichever
-- of the two is less work for the partition. Where a run stands is noted with what it has removed, in one transaction,
-- so that a killed run has lost nothing and the next one goes on with whatever is left.
--
-- What is due is decided here and not when it was predicted, behind the gate: a hold placed meanwhile counts. A partition
-- that is still written to is never emptied, since its writers would wait.
create or replace function audit_private.purge_step(run_id uuid)
returns text
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '100ms'
set jit = off
as $$
declare
  run constant audit_private.job_run := (
    select r from audit_private.job_run r where r.run_id = purge_step.run_id and r.result = 'running');
  place jsonb := run.place;
  task constant jsonb := place -> 'partitions' -> 0;
  tenant constant uuid := place -> 'tenants' ->> 0;
  name constant text := task ->> 'name';
  since constant timestamptz := task ->> 'since';
  until constant timestamptz := task ->> 'until';
  is_cold constant boolean := until < clock_timestamp() - interval '24 hours';
  counts jsonb := task -> 'counts';
  due bigint;
  slice record;
begin
  if task is null then
    return 'done';
  end if;
  perform audit_private.pause_sealing();
  perform audit_private.close_gate();

  if tenant is null then
    if is_cold then
      execute format('lock table audit_private.%I in share row exclusive mode', name);
    end if;
    if md5(audit_private.deletion_gate(name, until, run.started_at)) <> task ->> 'gate'
      or audit_private.has_newer_events(name, (place -> 'horizon')::bigint)
    then
      counts := (
        select coalesce(jsonb_agg(to_jsonb(c) order by c.tenant_id), '[]')
        from audit_private.count_due(name, until, run.started_at) c
      );
    end if;
    due := (select coalesce(sum(c.due), 0) from jsonb_to_recordset(counts) as c (due bigint));
    if due = 0 or is_cold and audit_private.empty_partition(
      name, since, until, run.started_at, due, run.run_id) then
      place := place || '{"tenants": []}';
    else
      place := jsonb_set(place, '{tenants}', jsonb_path_query_array(counts, '$[*] ? (@.due > 0).tenant_id'));
    end if;
    update audit_private.purge_receipt r
    set kept_by_floor = r.kept_by_floor + c.kept_by_floor,
      kept_by_hold = r.kept_by_hold + c.kept_by_hold,
      kept_by_sink = r.kept_by_sink + c.kept_by_sink,
      removed = r.removed + case when place -> 'tenants' = '[]' then c.due else 0 end,
      oldest_removed_at = case when place -> 'tenants' = '[]' and c.due > 0 then least(r.oldest_removed_at, c.oldest_at)
        else r.oldest_removed_at end,
      newest_removed_at = case when place -> 'tenants' = '[]' and c.due > 0
        then greatest(r.newest_removed_at, c.newest_at) else r.newest_removed_at end
    from jsonb_to_recordset(counts) as c (
      tenant_id uuid, due bigint, kept_by_floor bigint, kept_by_hold bigint, kept_by_sink bigint, oldest_at timestamptz,
      newest_at timestamptz
    )
    where r.run_id = purge_step.run_id and r.tenant_id = c.tenant_id;
  else
    begin
      slice := audit_private.delete_due(
        name, until, run.started_at, tenant,
        coalesce((place ->> 'from')::timestamptz, '-infinity'), since, run.run_id);
      update audit_private.purge_receipt r
      set removed = r.removed + slice.removed,
        oldest_removed_at = least(r.oldest_removed_at, slice.oldest_at),
        newest_removed_at = greatest(r.newest_removed_at, slice.newest_at)
      where r.run_id = purge_step.run_id and r.tenant_id = tenant;
      place := place || jsonb_build_object('from', slice.until_time);
    exception when others then
      perform audit_private.note_purge_error(
        purge_step.run_id, tenant, format('%s: %s', name, sqlerrm));
      place := place || '{"from": null}';
    end;
    if place ->> 'from' is null then
      place := jsonb_set(place, '{tenants}', (place -> 'tenants') - 0);
    end if;
  end if;

  if place -> 'tenants' = '[]' then
    place := jsonb_set(place - 'tenants', '{partitions}', (place -> 'partitions') - 0);
  end if;
  perform audit_private.note_place(purge_step.run_id, place);
  return 'more';
exception when lock_not_available then
  return 'busy';
end
$$;
comment on function audit_private.purge_step(uuid) is
  'takes a purge one step further: more to do, busy when the partition is in use, or done';
grant execute on function audit_private.purge_step(uuid) to audit_operator;
