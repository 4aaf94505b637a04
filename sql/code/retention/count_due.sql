set local role audit_keeper;
-- The oldest of those that are due is among as many as are kept and one more. "Not in" is hashed whatever the planner
-- expects of "kept", where "not exists" may compare each with each.
create or replace function audit_private.count_due(
  partition_name text,
  partition_until timestamptz,
  at timestamptz,
  tenant_ids uuid[] default null,
  treats_all_as_exact boolean default false,
  includes_unsealed boolean default false
)
returns table (
  tenant_id uuid,
  due bigint,
  kept_by_floor bigint,
  kept_by_hold bigint,
  kept_by_sink bigint,
  oldest_at timestamptz,
  newest_at timestamptz
)
language plpgsql
stable
parallel unsafe
rows 10
security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
begin
  return query execute audit_private.deletion_gate(
    count_due.partition_name, count_due.partition_until, count_due.at, count_due.tenant_ids,
    count_due.treats_all_as_exact, includes_unsealed => count_due.includes_unsealed) || format(
    ' select d.tenant_id, n.found - coalesce(k.total, 0), coalesce(k.by_floor, 0), coalesce(k.by_hold, 0),
      coalesce(k.by_sink, 0), o.oldest_at, w.newest_at
    from due d
    cross join lateral (
      select count(*) as found
      from audit_private.%1$I e
      where e.tenant_id = d.tenant_id and e.occurred_at < d.removable_before
    ) n
    left join (
      select p.tenant_id, count(*) as total, count(*) filter (where not p.is_held) as by_floor,
        count(*) filter (where p.is_held) as by_hold,
        count(*) filter (where p.is_held is null and p.is_awaited) as by_sink
      from kept p
      group by p.tenant_id
    ) k on k.tenant_id = d.tenant_id
    cross join lateral (
      select min(s.occurred_at) as oldest_at
      from (
        select e.occurred_at, e.ctid as place
        from audit_private.%1$I e
        where e.tenant_id = d.tenant_id and e.occurred_at < d.removable_before
        order by e.occurred_at
        limit coalesce(k.total, 0) + 1
      ) s
      where s.place not in (select p.place from kept p)
    ) o
    cross join lateral (
      select max(s.occurred_at) as newest_at
      from (
        select e.occurred_at, e.ctid as place
        from audit_private.%1$I e
        where e.tenant_id = d.tenant_id and e.occurred_at < d.removable_before
        order by e.occurred_at desc
        limit coalesce(k.total, 0) + 1
      ) s
      where s.place not in (select p.place from kept p)
    ) w',
    count_due.partition_name);
end
$$;
comment on function audit_private.count_due(text, timestamptz, timestamptz, uuid[], boolean, boolean) is
  'of each tenant with expired events in a partition: how many are due, and how many of those past the policy are kept';
grant execute on function audit_private.count_due(text, timestamptz, timestamptz, uuid[], boolean, boolean) to audit_owner;
