set local role audit_keeper;
-- One slice of a tenant's due events, by the primary key: from a time to the one 20,000 events later. Each slice begins
-- where the last one ended, so that none walks over what an earlier one has removed, and the whole is linear.
create or replace function audit_private.delete_due(
  partition_name text,
  partition_until timestamptz,
  at timestamptz,
  tenant_id uuid,
  from_time timestamptz,
  partition_from timestamptz,
  run_id uuid,
  out removed bigint,
  out oldest_at timestamptz,
  out newest_at timestamptz,
  out until_time timestamptz
)
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '5s'
set jit = off
as $$
declare
  kept_times timestamptz[];
  kept_ids uuid[];
  removable constant timestamptz := (
    select d.removable_before
    from audit_private.due_tenants(delete_due.partition_until, delete_due.at, false) d
    where d.tenant_id = delete_due.tenant_id
  );
begin
  execute format(
    'select e.occurred_at from audit_private.%I e
    where e.tenant_id = $1 and e.occurred_at > $2 and e.occurred_at < $3
    order by e.occurred_at
    offset 20000 limit 1',
    delete_due.partition_name)
  into until_time
  using delete_due.tenant_id, delete_due.from_time, removable;
  execute audit_private.deletion_gate(
    delete_due.partition_name, delete_due.partition_until, delete_due.at, array[delete_due.tenant_id], false,
    delete_due.from_time, coalesce(until_time, 'infinity')) || format(
    ', gone as (
      delete from audit_private.%1$I e
      using due d
      where e.tenant_id = d.tenant_id
        and e.occurred_at >= $1
        and e.occurred_at < least(d.removable_before, $2)
        and not exists (select from kept k where k.place = e.ctid)
      returning e.occurred_at
    ),
    staying as (
      select array_agg(e.occurred_at) as times, array_agg(e.id) as ids
      from audit_private.%1$I e
      where e.ctid = any (array(select k.place from kept k))
    )
    select count(*), min(g.occurred_at), max(g.occurred_at), (select s.times from staying s), (select s.ids from staying s)
    from gone g',
    delete_due.partition_name)
  into removed, oldest_at, newest_at, kept_times, kept_ids
  using delete_due.from_time, coalesce(until_time, 'infinity');
  if removed > 0 then
    perform audit_private.note_removals(
      delete_due.run_id, delete_due.tenant_id, greatest(delete_due.from_time, delete_due.partition_from),
      least(removable, until_time), kept_times, kept_ids);
  end if;
end
$$;
comment on function audit_private.delete_due(text, timestamptz, timestamptz, uuid, timestamptz, timestamptz, uuid) is
  'removes a slice of a tenant''s due events from a partition; until_time is where the next begins, null after the last; '
  'a step of purge_events';
