-- Each round of the job begins here: what has ended is cleared, what waits is begun, two of a tenant at a time. Whoever
-- begins exports at the same time waits for the other, and then counts what that one has begun.
--
-- What an export holds is fixed now: what can be seen, what has not expired, and which holds stand, with times and
-- holds as constants. A deletion that is under way is waited for; the next one finds the tenant's export running
-- and leaves its events alone. Exports of a tenant with an erasure under way are left for the next round.
create or replace function audit_private.start_exports()
returns uuid[]
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  running_allowed constant integer := 2;
  begins constant boolean := exists (
    select from audit_private.export x where x.state = 'pending' and not x.is_straight);
  tenants uuid[];
  begun record;
begin
  perform audit_private.require_read_committed();
  perform pg_advisory_xact_lock(hashtextextended('pgwitness start_exports', 0));
  if begins then
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
  update audit_private.export x
  set state = 'failed', finished_at = clock_timestamp(), error = 'its client never told how it ended'
  where x.state = 'running'
    and x.tenant_id = any (tenants)
    and x.is_straight
    and x.started_at < clock_timestamp() - interval '24 hours';

  for begun in
    select n.tenant_id, n.export_id, n.resolved_filter
    from (
      select x.tenant_id, x.export_id, x.resolved_filter, x.state,
        row_number() over (
          partition by x.tenant_id order by x.state = 'running' desc, x.requested_at, x.export_id) as place
      from audit_private.export x
      where x.state in ('pending', 'running') and x.tenant_id = any (tenants) and not x.is_straight
    ) n
    where begins and n.state = 'pending' and n.place <= running_allowed
  loop
    begin
      update audit_private.export x
      set state = 'running',
        started_at = clock_timestamp(),
        condition = format('(%s) and (%s) and (%s)',
          audit_private.retained_condition(begun.tenant_id),
          audit_private.seen_condition(audit_private.current_view()),
          audit_private.export_condition(begun.resolved_filter))
      where x.tenant_id = begun.tenant_id and x.export_id = begun.export_id;
    exception when others then
      perform audit_private.fail_export(begun.export_id, sqlerrm);
    end;
  end loop;
  return array(
    select x.export_id
    from audit_private.export x
    where x.state = 'running' and x.tenant_id = any (tenants) and not x.is_straight
    order by x.started_at
  );
end
$$;
comment on function audit_private.start_exports() is
  'ends what was cancelled or has expired, begins what waits, and gives the exports that are running; a step of run_exports';
grant execute on function audit_private.start_exports() to audit_operator;
