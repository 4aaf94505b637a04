set local role audit_keeper;
-- Holds stand in the statement as constants. The caller keeps others from placing any until it has committed.
create or replace function audit_private.decide_pending(tenant_id uuid, erasure_id uuid)
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
set enable_nestloop = off
set datestyle = 'ISO, YMD'
as $$
declare
  is_held constant text := coalesce((
    select string_agg('(' || audit_private.hold_condition(h) || ')', ' or ' order by h.hold_id)
    from audit_private.legal_hold h
    where h.tenant_id = decide_pending.tenant_id and h.released_at is null
  ), 'false');
  span record;
begin
  for span in select w.* from audit_private.pending_windows(decide_pending.tenant_id, decide_pending.erasure_id) w loop
    execute format(
      'update audit_private.pending_erasure p
      set is_held = not p.is_held
      from audit_private.event e
      where p.tenant_id = %1$L::uuid
        and p.erasure_id = %2$L::uuid
        and p.occurred_at >= %3$L::timestamptz
        and p.occurred_at < %4$L::timestamptz
        and e.tenant_id = %1$L::uuid
        and e.occurred_at >= %3$L::timestamptz
        and e.occurred_at < %4$L::timestamptz
        and e.occurred_at = p.occurred_at
        and e.id = p.event_id
        and p.is_held <> (%5$s)',
      decide_pending.tenant_id, decide_pending.erasure_id, span.window_from, span.window_until, is_held);
  end loop;
end
$$;
comment on function audit_private.decide_pending(uuid, uuid) is 'decides which of the events that an erasure has found are held';
grant execute on function audit_private.decide_pending(uuid, uuid) to audit_owner;
