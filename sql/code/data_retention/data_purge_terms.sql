-- What a batch or a review decides by. The generated functions ask here, in the transaction that removes, so that nobody
-- can hand them other holds or days than those that stand. Without a run it is a preview. With one, the run has to be
-- this session's and at this table; nobody places a hold or disarms the table until the transaction ends.
create or replace function audit_private.data_purge_terms(run_id uuid, relation text)
returns jsonb
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
  entry audit_private.data_retention;
  run audit_private.job_run;
begin
  perform audit_private.require_read_committed();
  if data_purge_terms.run_id is not null then
    perform audit_private.close_gate();
    select r.* into run
    from audit_private.job_run r
    where r.run_id = data_purge_terms.run_id and r.result = 'running' and r.process_id = pg_backend_pid()
      and r.place ->> 'relation' = data_purge_terms.relation
    for no key update;
    if not found then
      return null;
    end if;
    perform from audit_private.data_retention d where d.relation = data_purge_terms.relation for share;
  end if;
  select d.* into entry from audit_private.data_retention d where d.relation = data_purge_terms.relation;
  if run.run_id is not null and entry.armed_at is null then
    return null;
  end if;
  return jsonb_build_object(
    'decided_at', coalesce(run.started_at, now()),
    'is_armed', entry.armed_at is not null,
    'last_complete_at', entry.last_complete_at,
    'window_rows', 5000,
    'after', run.place -> 'after',
    'troubled', coalesce((
      select jsonb_agg(t.tenant_id)
      from audit_private.data_purge_receipt t
      where t.run_id = run.run_id and t.relation = entry.relation and t.failed >= 1000
    ), '[]'),
    'holds', coalesce((
      select jsonb_agg(h)
      from (
        select l.tenant_id, l.entity_types, l.entity_ids, l.actor_ids, l.from_time, l.until_time,
          entry.entity_type is null or l.entity_types is null or entry.entity_type = any (l.entity_types) as is_own
        from audit_private.legal_hold l
        where l.released_at is null and not l.filter ?| '{action,category,actor_type,outcome,source,id}'::text[]
      ) h
      where h.is_own or exists (
        select from audit_private.data_children(entry.children, '', '') c where c.entity_type = any (h.entity_types)
      )
    ), '[]'));
end
$$;
comment on function audit_private.data_purge_terms(uuid, text) is
  'moment, holds and place by which a batch decides; null when it is not this table''s turn';
