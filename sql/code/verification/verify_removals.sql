set local role audit_finder;
-- A purge explains an absence only when it was due by its own receipt, its receipt by the policy, and the event that tells
-- of it holds the digest of all that was noted. A run that was killed is told of by the next one, and the event itself
-- expires some day: hence the two times between which it must be there.
create or replace function audit_private.verify_removals(tenant uuid, from_time timestamptz, until_time timestamptz)
returns setof audit_private.finding
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
  with receipt as materialized (
    select r.*, j.started_at, j.finished_at, p.days as policy_days, n.noted, n.newest_at
    from audit_private.purge_receipt r
    join audit_private.job_run j on j.run_id = r.run_id
    cross join lateral (
      select p.days from audit_private.policies_in_force(j.started_at) p where p.tenant_id = r.tenant_id
    ) p
    cross join lateral (
      select coalesce(sum(m.removed), 0) as noted, max(m.newest_at) as newest_at
      from (
        select s.removed, w.newest_at
        from audit_private.seal_removal s
        cross join lateral (
          select max(l.last_at) as newest_at from audit_private.seal l
          where l.tenant_id = s.tenant_id and l.seal_number between s.first_seal and s.last_seal
        ) w
        where s.tenant_id = r.tenant_id and s.run_id = r.run_id
        union all
        select p.removed, w.newest_at
        from audit_private.part_removal p
        left join lateral (
          select max(l.occurred_at) as newest_at
          from audit_private.seal_part q
          cross join lateral unnest(q.times) with ordinality as l (occurred_at, place)
          where q.tenant_id = p.tenant_id and q.seal_number = p.seal_number and q.part = p.part
            and get_bit(p.places, l.place::integer - 1) = 1
        ) w on true
        where p.tenant_id = r.tenant_id and p.run_id = r.run_id
      ) m
    ) n
    where (verify_removals.tenant is null or r.tenant_id = verify_removals.tenant)
      and r.removed > 0
      and r.newest_removed_at >= verify_removals.from_time
      and r.oldest_removed_at < verify_removals.until_time
  )
  select f.kind, r.tenant_id, null::bigint, null::uuid, r.oldest_removed_at, format('purge %s: %s', r.run_id, f.detail)
  from receipt r
  cross join lateral (
    values
      ('early_purge', greatest(r.newest_at, r.newest_removed_at) >= r.cutoff,
        format('removed an event of %s, and its cut-off was %s', greatest(r.newest_at, r.newest_removed_at), r.cutoff)),
      ('early_purge', r.policy_days is null or r.cutoff > r.started_at - r.policy_days * interval '24 hours',
        format('its cut-off was %s, and the policy kept events for %s days', r.cutoff, coalesce(r.policy_days::text, 'all'))),
      ('unexplained_purge', r.noted <> r.removed and r.finished_at is not null,
        format('removed %s events, of which seals list %s', r.removed, r.noted)),
      ('unexplained_purge',
        r.finished_at between clock_timestamp() - interval '365 days' and clock_timestamp() - interval '2 days'
          and not r.is_told,
        'no event tells of it'),
      ('unexplained_purge',
        r.finished_at > clock_timestamp() - interval '365 days' and r.is_told and not exists (
          select
          from audit_private.event e
          where e.tenant_id in (r.tenant_id, '00000000-0000-0000-0000-000000000000')
            and e.occurred_at >= r.finished_at - interval '1 day'
            and e.action = 'events_purged'
            and e.source = 'system'
            and (
              e.metadata ->> 'run_id' = r.run_id::text
                and e.metadata ->> 'tenant_id' = r.tenant_id::text
                and e.metadata ->> 'removals' = audit_private.removals_digest(r.tenant_id, r.run_id)
              or e.payload_digest is not null
            )
        ),
        'the event that tells of it is missing or says otherwise')
  ) as f (kind, is_found, detail)
  where f.is_found
$$;
comment on function audit_private.verify_removals(uuid, timestamptz, timestamptz) is
  'purges of events of a time that were not due, or that are not what their receipts and events say';
grant execute on function audit_private.verify_removals(uuid, timestamptz, timestamptz) to audit_owner;
