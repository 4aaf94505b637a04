set local role audit_finder;
-- A purge explains an absence only when it was due by its own receipt, its receipt by the policy, and the event that tells
-- of it holds the digest of all that was noted. A run that was killed is told of by the next one, and the event itself
-- expires some day: hence the two times between which it must be there. Receipt and notes are written in one transaction,
-- so they agree at any moment; notes without a receipt explain nothing.
--
-- What went before it had expired must have stood in an archived file, event by event.
--
-- Where a list has gone, the times of what was removed are gone with it: the last of the runs that took part of the seal
-- must have been allowed its last event, each other one its first.
create or replace function audit_private.verify_removals(tenant uuid, from_time timestamptz, until_time timestamptz)
returns setof audit_private.finding
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
  with run as (
    select r.tenant_id, r.run_id
    from audit_private.purge_receipt r
    where (verify_removals.tenant is null or r.tenant_id = verify_removals.tenant)
      and r.removed > 0
      and r.newest_removed_at >= verify_removals.from_time
      and r.oldest_removed_at < verify_removals.until_time
    union
    select s.tenant_id, r.run_id
    from audit_private.sealed_tenants() as t (tenant_id)
    cross join lateral audit_private.seals_between(t.tenant_id, verify_removals.from_time, verify_removals.until_time) s
    cross join lateral (
      select p.run_id
      from audit_private.part_removal p
      where p.tenant_id = s.tenant_id and p.seal_number = s.seal_number
      union all
      select w.run_id
      from (
        select m.run_id, m.first_seal
        from audit_private.seal_removal m
        where m.tenant_id = s.tenant_id and m.last_seal >= s.seal_number
        order by m.last_seal
        limit 1
      ) w
      where w.first_seal <= s.seal_number
    ) r
    where verify_removals.tenant is null or t.tenant_id = verify_removals.tenant
  ),
  purge as materialized (
    select u.tenant_id, u.run_id, r.run_id is not null as has_receipt, coalesce(r.removed, 0) as removed, r.cutoff, r.hot_cutoff, r.is_told,
      j.started_at, j.finished_at, p.days as policy_days, h.days as hot_days, n.noted,
      coalesce(r.oldest_removed_at, n.oldest_at) as oldest_at, greatest(n.newest_at, r.newest_removed_at) as newest_at
    from run u
    left join audit_private.purge_receipt r on r.tenant_id = u.tenant_id and r.run_id = u.run_id
    left join audit_private.job_run j on j.run_id = u.run_id
    left join lateral (
      select p.days from audit_private.policies_in_force(j.started_at) p where p.tenant_id = u.tenant_id
    ) p on true
    left join lateral (
      select h.days
      from audit_private.hot_policy h
      where h.tenant_id = u.tenant_id and h.takes_effect_at <= j.started_at
      order by h.takes_effect_at desc
      limit 1
    ) h on true
    cross join lateral (
      select coalesce(sum(m.removed), 0) as noted, min(m.oldest_at) as oldest_at, max(m.newest_at) as newest_at
      from (
        select s.removed, w.oldest_at, w.newest_at
        from audit_private.seal_removal s
        cross join lateral (
          select min(l.first_at) as oldest_at, max(l.last_at) as newest_at from audit_private.seal l
          where l.tenant_id = s.tenant_id and l.seal_number between s.first_seal and s.last_seal
        ) w
        where s.tenant_id = u.tenant_id and s.run_id = u.run_id
        union all
        select p.removed, l.first_at, coalesce(w.newest_at, case
          when exists (
              select
              from audit_private.part_removal o
              join audit_private.purge_receipt q on q.tenant_id = o.tenant_id and q.run_id = o.run_id
              where o.tenant_id = p.tenant_id and o.seal_number = p.seal_number
                and greatest(q.cutoff, q.hot_cutoff) > greatest(r.cutoff, r.hot_cutoff)
            )
            or audit_private.is_emptied(p.tenant_id, p.seal_number)
          then l.first_at else l.last_at end)
        from audit_private.part_removal p
        left join audit_private.seal l on l.tenant_id = p.tenant_id and l.seal_number = p.seal_number
        left join lateral (
          select max(i.occurred_at) as newest_at
          from audit_private.seal_part q
          cross join lateral unnest(q.times) with ordinality as i (occurred_at, place)
          where q.tenant_id = p.tenant_id and q.seal_number = p.seal_number and q.part = p.part
            and get_bit(p.places, i.place::integer - 1) = 1
        ) w on true
        where p.tenant_id = u.tenant_id and p.run_id = u.run_id
      ) m
    ) n
  ),
  told as materialized (
    select e.entity_id, e.entity_id_digest is not null as is_unnamed, e.payload_digest is not null as is_erased,
      e.metadata ->> 'tenant_id' as tenant_id, e.metadata ->> 'removals' as removals
    from audit_private.event e
    where e.occurred_at >= (select min(p.finished_at) - interval '1 day' from purge p)
      and e.tenant_id = any (array(select p.tenant_id from purge p) || uuid '00000000-0000-0000-0000-000000000000')
      and e.action = 'events_purged'
      and e.source = 'system'
  )
  select f.kind, r.tenant_id, null::bigint, null::uuid, r.oldest_at, format('purge %s: %s', r.run_id, f.detail)
  from purge r
  cross join lateral (
    values
      ('early_purge', r.newest_at >= greatest(r.cutoff, r.hot_cutoff),
        format('removed an event of %s, and its cut-off was %s', r.newest_at, greatest(r.cutoff, r.hot_cutoff))),
      ('early_purge',
        r.has_receipt and case
          when r.policy_days is null then r.cutoff is not null or r.hot_cutoff is null
          else (r.cutoff <= r.started_at - r.policy_days * interval '24 hours') is not true
        end,
        format('its cut-off was %s, and the policy kept events for %s days', r.cutoff, coalesce(r.policy_days::text, 'all'))),
      ('early_purge',
        r.hot_cutoff is not null and (r.hot_cutoff <= r.started_at - r.hot_days * interval '24 hours') is not true,
        format('its cut-off for what is archived was %s, and the policy kept it for %s days', r.hot_cutoff,
          coalesce(r.hot_days::text, 'all'))),
      ('unexplained_purge', not r.has_receipt, 'there is no receipt of it'),
      ('unexplained_purge', greatest(r.started_at, r.finished_at) > statement_timestamp() + interval '1 hour',
        format('says that it ran at %s', r.started_at)),
      ('unexplained_purge', r.has_receipt and r.noted <> r.removed,
        format('removed %s events, of which seals list %s', r.removed, r.noted)),
      ('unexplained_purge',
        coalesce(r.finished_at, r.started_at)
            between statement_timestamp() - interval '364 days' and statement_timestamp() - interval '2 days'
          and not r.is_told,
        'no event tells of it'),
      ('unexplained_purge',
        r.finished_at > statement_timestamp() - interval '364 days' and r.is_told and not exists (
          select
          from told t
          where (t.entity_id = r.run_id::text or t.is_unnamed)
            and (
              t.tenant_id = r.tenant_id::text and t.removals = audit_private.removals_digest(r.tenant_id, r.run_id)
              or t.is_erased
            )
        ),
        'the event that tells of it is missing or says otherwise')
  ) as f (kind, is_found, detail)
  where f.is_found
  union all
  select 'early_purge', r.tenant_id, null::bigint, null::uuid, r.oldest_at,
    format('purge %s: removed %s events that had not expired and stood in no archived file', r.run_id, u.events)
  from purge r
  cross join lateral (
    select sum(n.events) as events
    from (
      select count(*) as events
      from audit_private.part_removal p
      join audit_private.seal_part q on q.tenant_id = p.tenant_id and q.seal_number = p.seal_number and q.part = p.part
      cross join lateral (
        select coalesce(bit_or(a.places), 0::bit(1024)) as places from audit_private.archived_part a
        where a.tenant_id = p.tenant_id and a.seal_number = p.seal_number and a.part = p.part
      ) a
      cross join lateral unnest(q.times) with ordinality as i (occurred_at, place)
      where p.tenant_id = r.tenant_id and p.run_id = r.run_id
        and i.occurred_at >= coalesce(r.cutoff, '-infinity')
        and get_bit(p.places & ~a.places, i.place::integer - 1) = 1
      union all
      select s.event_count - coalesce((
          select sum(b.events)
          from (
            select bit_count(bit_or(a.places)) as events from audit_private.archived_part a
            where a.tenant_id = s.tenant_id and a.seal_number = s.seal_number
            group by a.part
          ) b
        ), 0)
      from audit_private.seal_removal m
      join audit_private.seal s on s.tenant_id = m.tenant_id and s.seal_number between m.first_seal and m.last_seal
      where m.tenant_id = r.tenant_id and m.run_id = r.run_id
        and s.event_count > 0 and s.first_at >= coalesce(r.cutoff, '-infinity')
    ) n
  ) u
  where r.hot_cutoff > coalesce(r.cutoff, '-infinity') and u.events > 0
$$;
comment on function audit_private.verify_removals(uuid, timestamptz, timestamptz) is
  'purges of events of a time that were not due, or that are not what their receipts and events say';
grant execute on function audit_private.verify_removals(uuid, timestamptz, timestamptz) to audit_owner;
