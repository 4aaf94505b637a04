-- Each round of the job begins here: what has ended is cleared, what waits is begun, two of a tenant at a time. Whoever
-- begins exports of a tenant has locked its row and counts after that. A tenant whose row somebody else holds, or with an
-- erasure under way, has its turn in a later round, so that an open transaction of one holds up nobody else.
--
-- What an export holds is fixed now: what can be seen, what has not expired, and which holds stand, with times and
-- holds as constants, and which partitions there are. Of most events the first look at their transaction's number says it.
-- A deletion that is under way is waited for, before an erasure would have to wait for us; the next one finds the tenant's
-- export running and leaves its events alone. One whose worker is gone, half a file behind it, waits again.
create or replace function audit_private.start_exports()
returns uuid[]
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  tenants uuid[];
  ended record;
  waiting record;
  begun record;
begin
  perform audit_private.require_read_committed();
  if exists (select from audit_private.export x where x.state = 'pending') then
    perform audit_private.pass_gate();
  end if;
  tenants := array(
    select o.tenant_id
    from (
      select distinct x.tenant_id from audit_private.export x where x.state in ('pending', 'running', 'completed') offset 0
    ) o
    where audit_private.may_export(o.tenant_id)
  );
  delete from audit_private.export_chunk c
  using audit_private.export x
  where x.state in ('completed', 'running')
    and x.tenant_id = any (tenants)
    and audit_private.export_state(x) in ('cancelled', 'expired')
    and c.tenant_id = x.tenant_id
    and c.export_id = x.export_id;
  update audit_private.export x
  set state = audit_private.export_state(x), finished_at = coalesce(x.finished_at, clock_timestamp())
  where x.state in ('pending', 'running', 'completed')
    and x.tenant_id = any (tenants)
    and not x.is_straight
    and x.state <> audit_private.export_state(x);
  for ended in
    select x.export_id, audit_private.export_problem(x) as problem
    from audit_private.export x
    where x.state = 'running' and x.tenant_id = any (tenants) and audit_private.export_problem(x) is not null
  loop
    perform audit_private.fail_export(ended.export_id, ended.problem);
  end loop;

  for waiting in
    select distinct x.tenant_id
    from audit_private.export x
    where (x.state = 'pending' or x.state = 'running' and x.process_id is not null) and x.tenant_id = any (tenants)
  loop
    perform from audit_private.tenant t where t.tenant_id = waiting.tenant_id for no key update skip locked;
    continue when not found;
    update audit_private.export x
    set state = 'pending', process_id = null, rows = 0, bytes = 0
    where x.tenant_id = waiting.tenant_id
      and x.state = 'running'
      and x.process_id is not null
      and not audit_private.has_worker(x);
    for begun in
      select x.export_id, x.resolved_filter
      from audit_private.export x
      where x.tenant_id = waiting.tenant_id and x.state = 'pending' and not x.is_straight
      order by x.requested_at, x.export_id
      limit audit_private.exports_left(waiting.tenant_id)
    loop
      begin
        update audit_private.export x
        set state = 'running',
          started_at = clock_timestamp(),
          incarnation = audit_private.current_incarnation(),
          condition = format('(%s) and (e.transaction_id < %s or %s) and (%s)',
            audit_private.retained_condition(waiting.tenant_id),
            v.seen_before, audit_private.seen_condition(v.seen),
            audit_private.export_condition(begun.resolved_filter)),
          spans = array(
            select tstzrange(w.window_from, w.window_until)
            from audit_private.filter_bounds(begun.resolved_filter) b
            cross join lateral audit_private.event_windows(b.from_time, b.until_time)
              with ordinality as w (window_from, window_until, place)
            order by w.place
          )
        from (
          select n.seen, (
              select min(t.number::bigint)
              from jsonb_array_elements_text(n.seen::jsonb -> 'running' || (n.seen::jsonb -> 'own') || (n.seen::jsonb -> 'end'))
                as t (number)
            ) as seen_before
          from audit_private.current_view() as n (seen)
        ) v
        where x.tenant_id = waiting.tenant_id and x.export_id = begun.export_id and x.state = 'pending';
      exception when others then
        perform audit_private.fail_export(begun.export_id, sqlerrm);
      end;
    end loop;
  end loop;
  return array(
    select x.export_id
    from audit_private.export x
    where x.state = 'running' and x.tenant_id = any (tenants) and not x.is_straight and x.process_id is null
    order by x.started_at
  );
end
$$;
comment on function audit_private.start_exports() is
  'ends what was cancelled or has expired, begins what waits, and gives the exports that are running; a step of run_exports';
grant execute on function audit_private.start_exports() to audit_operator;
