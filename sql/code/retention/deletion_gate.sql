set local role audit_keeper;
-- The one gate that every removal of events passes: what is due in a partition, and what is kept of it, as the first
-- clauses of a statement. Whoever previews, counts, deletes or saves what survives goes on from here, so that they can't
-- disagree; and two gates with the same text decide the same. What isn't sealed yet is kept as well, since nobody could
-- tell afterwards that it was there; a purge seals first, so that is what has come in since.
-- What a sink has still to deliver is kept too, where purges wait for it, and so is what is due only once it is archived.
--
-- Policies, floors and holds stand in it as constants. What is due but for a floor or a hold is so found by index, since
-- it is little, and no row of a closed partition that goes is looked at on the way.
create or replace function audit_private.deletion_gate(
  partition_name text,
  partition_until timestamptz,
  at timestamptz,
  tenant_ids uuid[] default null,
  treats_all_as_exact boolean default false,
  from_time timestamptz default '-infinity',
  until_time timestamptz default 'infinity',
  includes_unsealed boolean default false
)
returns text
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set datestyle = 'ISO, YMD'
as $$
  with due as materialized (
    select d.*
    from audit_private.due_tenants(
      deletion_gate.partition_until, deletion_gate.at, deletion_gate.treats_all_as_exact) d
    where d.removable_before > '-infinity'
      and (deletion_gate.tenant_ids is null or d.tenant_id = any (deletion_gate.tenant_ids))
  )
  select format(
    'with recursive due as materialized (
      select d.*
      from unnest(%2$L::uuid[], %3$L::timestamptz[], %4$L::boolean[], %5$L::timestamptz[])
        as d (tenant_id, cutoff, is_exact, removable_before)
      where exists (
        select from audit_private.%1$I e
        where e.tenant_id = d.tenant_id
          and e.occurred_at >= %6$L::timestamptz
          and e.occurred_at < least(d.removable_before, %7$L::timestamptz)
      )
    ),
    kept as materialized (
      select k.place, k.tenant_id, bool_or(k.is_held) as is_held, bool_or(k.is_awaited) as is_awaited
      from (select null::tid as place, null::uuid as tenant_id, false as is_held, false as is_awaited where false',
    deletion_gate.partition_name, array_agg(d.tenant_id order by d.tenant_id), array_agg(d.cutoff order by d.tenant_id),
    array_agg(d.is_exact order by d.tenant_id), array_agg(d.removable_before order by d.tenant_id),
    deletion_gate.from_time, deletion_gate.until_time)
    || coalesce((
      select string_agg(format(
        '
        union all
        select e.ctid, d.tenant_id, false, false
        from due d
        cross join lateral (
          select e.ctid
          from audit_private.%1$I e
          where e.tenant_id = d.tenant_id
            and e.action = any (%2$L::text[])
            and e.occurred_at >= greatest(
              audit_private.removable_before(least(d.cutoff, %3$L::timestamptz), d.is_exact, %4$L::timestamptz),
              %5$L::timestamptz)
            and e.occurred_at < least(d.removable_before, %6$L::timestamptz)
          offset 0
        ) e',
        deletion_gate.partition_name, f.actions, deletion_gate.at - f.days * interval '24 hours',
        deletion_gate.partition_until, deletion_gate.from_time, deletion_gate.until_time), '' order by f.days)
      from (
        select b.days, array_agg(a.action order by a.action) as actions
        from (
          select r.category, max(r.days) as days
          from (
            select * from audit_private.floors_in_force(deletion_gate.at)
            union all
            select * from audit_private.floors_in_force(clock_timestamp())
          ) r
          group by r.category
        ) b
        join audit_private.action a on a.category = b.category
        group by b.days
      ) f
    ), '')
    || coalesce((
      select string_agg(format(
        '
        union all
        select e.ctid, d.tenant_id, true, false
        from due d
        join audit_private.%1$I e on e.tenant_id = d.tenant_id
        where %2$s
          and e.occurred_at >= %3$L::timestamptz
          and e.occurred_at < least(d.removable_before, %4$L::timestamptz)',
        deletion_gate.partition_name, audit_private.hold_condition(h), deletion_gate.from_time,
        deletion_gate.until_time), '' order by h.hold_id)
      from audit_private.legal_hold h
      where h.released_at is null
        and h.from_time < deletion_gate.partition_until
        and h.tenant_id in (select d.tenant_id from due d)
    ), '')
    || coalesce((
      select format(
        '
        union all
        select e.ctid, d.tenant_id, null, false
        from due d
        join audit_private.%1$I e on e.tenant_id = d.tenant_id
        where %2$s
          and e.occurred_at >= %3$L::timestamptz
          and e.occurred_at < least(d.removable_before, %4$L::timestamptz)',
        deletion_gate.partition_name, audit_private.unsealed_condition(s), deletion_gate.from_time,
        deletion_gate.until_time)
      from audit_private.sealing s
      where not deletion_gate.includes_unsealed
        and audit_private.has_newer_events(deletion_gate.partition_name, s.snapshot_xmin)
    ), '')
    || coalesce(' union all ' || audit_private.awaited_statement(
      deletion_gate.partition_name, deletion_gate.partition_until, deletion_gate.from_time, deletion_gate.until_time), '')
    || coalesce(' union all ' || audit_private.unarchived_statement(
      deletion_gate.partition_name, deletion_gate.partition_until, deletion_gate.at, deletion_gate.treats_all_as_exact,
      deletion_gate.from_time, deletion_gate.until_time), '')
    || ') k
      group by k.place, k.tenant_id
    )'
  from due d
$$;
comment on function audit_private.deletion_gate(
  text, timestamptz, timestamptz, uuid[], boolean, timestamptz, timestamptz, boolean
) is
  'SQL that begins a statement about a partition: due (tenant_id, cutoff, is_exact, removable_before) and kept (place, '
  'tenant_id, is_held, is_awaited; is_held null for what is not sealed, delivered or archived) of it, by the policies of a moment, '
  'between two times';
