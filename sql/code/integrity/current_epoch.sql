-- What tells one life of a database from another. A dump that is restored is another incarnation; a base backup isn't, but
-- a server that leaves recovery begins a new timeline. Recovery to a target is told from a standby that took over by the
-- target, which stands in the settings until somebody clears it; where that was done, by the gap that it left.
create or replace function audit_private.current_epoch()
returns audit_private.epoch
language sql
stable
parallel restricted
security definer
set search_path = pg_catalog, pg_temp
as $$
  select (
    coalesce(e.epoch, 0) + 1,
    clock_timestamp(),
    case
      when e.epoch is null then 'installed'
      when e.incarnation <> c.incarnation then 'dump_restored'
      when t.has_target or s.sealed_at < clock_timestamp() - interval '15 minutes' then 'point_in_time'
      else 'promoted'
    end,
    c.incarnation, c.timeline, s.log_size, s.sealed_at, null, null, null
  )::audit_private.epoch
  from audit_private.sealing s
  left join audit_private.epoch e on e.epoch = s.epoch
  cross join (
    select audit_private.current_incarnation() as incarnation,
      case when not pg_is_in_recovery() then left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) end as timeline
  ) c
  cross join (
    select bool_or(p.setting <> '') as has_target from pg_settings p
    where p.name in (
      'recovery_target', 'recovery_target_lsn', 'recovery_target_name', 'recovery_target_time', 'recovery_target_xid')
  ) t
  where not pg_is_in_recovery()
    and (e.incarnation, e.timeline) is distinct from (c.incarnation, c.timeline)
$$;
comment on function audit_private.current_epoch() is
  'the epoch that the log has entered and that no run of seal_events has noticed yet; null otherwise';
grant execute on function audit_private.current_epoch() to audit_finder, audit_keeper;
