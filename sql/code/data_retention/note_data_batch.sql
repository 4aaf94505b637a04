create or replace function audit_private.note_data_batch(
  run_id uuid,
  relation text,
  last_key jsonb,
  looked_at integer,
  kept jsonb,
  gone text[],
  gone_tenants uuid[],
  gone_levels text[],
  gone_children uuid[],
  late text[],
  left_over text[]
)
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
  run audit_private.job_run;
  delay constant interval := (
    select make_interval(hours => 24 * o.value::integer) from audit_private.option o where o.name = 'retention_delay_days');
begin
  select r.* into run
  from audit_private.job_run r
  where r.run_id = note_data_batch.run_id and r.result = 'running' and r.process_id = pg_backend_pid();
  if not found then
    return;
  end if;
  insert into audit_private.data_purge_receipt as t
    (tenant_id, run_id, relation, decision, removed, children_removed, kept_locked, failed, by_level, error)
  select c.tenant_id, note_data_batch.run_id, note_data_batch.relation,
    (select d.decision from audit_private.data_retention d where d.relation = note_data_batch.relation),
    sum(c.removed), sum(c.children_removed), sum(c.kept_locked), sum(c.failed),
    coalesce(jsonb_object_agg(c.level, c.removed) filter (where c.removed > 0), '{}'), min(c.error)
  from (
    select coalesce(g.tenant_id, '00000000-0000-0000-0000-000000000000') as tenant_id, g.level, count(*) as removed,
      0 as children_removed, 0 as kept_locked, 0 as failed, null as error
    from unnest(note_data_batch.gone_tenants, note_data_batch.gone_levels) as g (tenant_id, level)
    group by 1, 2
    union all
    select coalesce(g.tenant_id, '00000000-0000-0000-0000-000000000000'), null, 0, count(*), 0, 0, null
    from unnest(note_data_batch.gone_children) as g (tenant_id)
    group by 1
    union all
    select coalesce(k.tenant_id, '00000000-0000-0000-0000-000000000000'), null, 0, 0,
      coalesce(sum(k.rows) filter (where k.fate = 'locked'), 0), coalesce(sum(k.rows) filter (where k.fate = 'failed'), 0),
      min(k.error)
    from jsonb_to_recordset(note_data_batch.kept) as k (tenant_id uuid, fate text, rows bigint, error text)
    where k.fate in ('locked', 'failed')
    group by 1
  ) c
  group by c.tenant_id
  on conflict on constraint data_purge_receipt_pkey do update
  set removed = t.removed + excluded.removed,
    children_removed = t.children_removed + excluded.children_removed,
    kept_locked = t.kept_locked + excluded.kept_locked,
    failed = t.failed + excluded.failed,
    error = coalesce(t.error, excluded.error),
    by_level = t.by_level || (
      select coalesce(jsonb_object_agg(l.key, l.value::bigint + coalesce((t.by_level ->> l.key)::bigint, 0)), '{}')
      from jsonb_each_text(excluded.by_level) l
    );

  delete from audit_private.data_retention_wait w
  where w.relation = note_data_batch.relation and w.entity_id = any (note_data_batch.gone);
  insert into audit_private.data_retention_wait as w (relation, entity_id, waits_until, seen_at)
  select note_data_batch.relation, i.item, run.started_at + min(i.delay), run.started_at
  from (
    select n.item, delay from unnest(note_data_batch.late) as n (item)
    union all
    select n.item, interval '0' from unnest(note_data_batch.left_over) as n (item)
  ) i
  group by i.item
  on conflict on constraint data_retention_wait_pkey do update
  set waits_until = least(w.waits_until, excluded.waits_until), seen_at = excluded.seen_at;

  if cardinality(note_data_batch.gone) > 0 then
    perform audit_private.erase_gone(note_data_batch.run_id, note_data_batch.relation);
  end if;
  if note_data_batch.looked_at > 0 then
    update audit_private.job_run r
    set place = r.place || jsonb_build_object('after', note_data_batch.last_key, 'is_asked', false),
      last_step_at = clock_timestamp()
    where r.run_id = note_data_batch.run_id;
  else
    delete from audit_private.data_retention_wait w
    where w.relation = note_data_batch.relation and w.seen_at < run.started_at;
    perform audit_private.finish_data_purge(note_data_batch.run_id, note_data_batch.relation, 'succeeded', null);
  end if;
end
$$;
comment on function audit_private.note_data_batch(
  uuid, text, jsonb, integer, jsonb, text[], uuid[], text[], uuid[], text[], text[]
) is 'notes what a batch removed and kept, and how far the run has come; a step of the generated functions';
