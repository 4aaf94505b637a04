-- Some chunks and how far they bring the export, in one transaction: killed at any moment nothing is lost or written
-- twice. Two that step the same export follow each other, since each locks its row before it looks. While an erasure of
-- the tenant is under way, it does nothing.
create or replace function audit_private.export_step(export_id uuid)
returns text
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  events_a_step constant integer := 10000;
  running audit_private.export;
  moment timestamptz;
  problem text;
  written record;
begin
  perform audit_private.require_read_committed();
  if not coalesce((
    select audit_private.may_export(x.tenant_id) from audit_private.export x where x.export_id = export_step.export_id
  ), true) then
    return 'more';
  end if;
  select * into running from audit_private.export x where x.export_id = export_step.export_id for no key update;
  if not found
    or running.is_straight
    or running.process_id is not null
    or audit_private.export_state(running) <> 'running'
  then
    return 'done';
  end if;
  problem := audit_private.export_problem(running);
  if problem is not null then
    perform audit_private.fail_export(running.export_id, problem);
    return 'done';
  end if;

  written := audit_private.write_chunks(
    running.tenant_id, running.export_id, (
      select coalesce(max(c.number), 0)
      from audit_private.export_chunk c
      where c.tenant_id = running.tenant_id and c.export_id = running.export_id
    ), running.format, running.condition, running.spans,
    running.place_occurred_at, running.place_id, events_a_step,
    running.bytes <= running.rows * 800);
  update audit_private.export x
  set rows = x.rows + written.rows,
    bytes = x.bytes + written.bytes,
    place_occurred_at = coalesce(written.last_occurred_at, x.place_occurred_at),
    place_id = coalesce(written.last_id, x.place_id)
  where x.tenant_id = running.tenant_id and x.export_id = running.export_id;
  if not written.is_last then
    return 'more';
  end if;

  moment := clock_timestamp();
  update audit_private.export x
  set state = 'completed',
    finished_at = moment,
    expires_at = moment + interval '24 hours',
    digest = (
      select encode(sha256(convert_to(coalesce(string_agg(c.digest, '' order by c.number), ''), 'UTF8')), 'hex')
      from audit_private.export_chunk c
      where c.tenant_id = x.tenant_id and c.export_id = x.export_id
    )
  where x.tenant_id = running.tenant_id and x.export_id = running.export_id
  returning * into running;
  perform audit_private.write_export_event(
    running, 'completed', 'An export of the log is complete', null,
    jsonb_build_object('rows', running.rows, 'bytes', running.bytes, 'digest', running.digest));
  return 'done';
end
$$;
comment on function audit_private.export_step(uuid) is
  'writes the next chunks of an export: more to do, or done; a step of run_exports';
grant execute on function audit_private.export_step(uuid) to audit_operator;
