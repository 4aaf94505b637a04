-- The weeks that a run is to verify: those of which seals tell that were made since the last run succeeded, and a thirtieth of all, those whose turn was longest ago, so that whatever is changed in old events is
-- found within a month. Weeks rather than partitions, since one that was dropped is verified as well: its lists must be
-- gone with receipts.
create or replace function audit_private.plan_verification(run_id uuid)
returns void
language sql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
  with since as (
    select coalesce((
      select (r.place ->> 'log_size')::bigint from audit_private.job_run r
      where r.job_name = 'reverify_events' and r.result = 'succeeded'
      order by r.started_at desc
      limit 1
    ), 0) as log_size
  ),
  new as (
    select distinct date_trunc('week', m.moment) as from_time
    from audit_private.seal s
    cross join lateral (
      select s.first_at as moment
      union all
      select generate_series(date_trunc('week', s.first_at), s.last_at, interval '1 week')
      where s.last_at >= date_trunc('week', s.first_at) + interval '1 week'
    ) m
    where s.log_index >= (select i.log_size from since i) and s.event_count > 0
  ),
  old as (
    select v.from_time
    from audit_private.verification v
    where isfinite(v.from_time) and not exists (select from new n where n.from_time = v.from_time)
    order by v.verified_at
    limit (select count(*) / 30 + 1 from audit_private.verification)
  )
  select audit_private.note_place(plan_verification.run_id, jsonb_build_object(
    'log_size', (select s.log_size from audit_private.sealing s),
    'weeks', coalesce((
      select jsonb_agg(w.from_time order by w.from_time desc)
      from (select n.from_time from new n union all select o.from_time from old o) w
    ), '[]')))
$$;
comment on function audit_private.plan_verification(uuid) is
  'chooses the weeks of events that a run verifies; the first step of reverify_events';
grant execute on function audit_private.plan_verification(uuid) to audit_operator;
