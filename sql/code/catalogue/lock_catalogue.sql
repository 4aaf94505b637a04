-- Actions and tenants meet in one row of logging_decision for each pair, and bindings repeat what the catalogue
-- and the partitions say. Two transactions of which one adds an action and the other a tenant would each miss
-- the other's; so whoever adds, changes or retires any of it, or adds a partition, holds this lock until it
-- commits. Lock order everywhere: this one, then tenants' rows by key.
--
-- A table that callers can't reach is locked, since an advisory lock could be held by anybody. A snapshot that
-- is older than the lock would still miss what was committed before it, hence read committed only; and a lock
-- that isn't had in time is refused, so that one idle transaction doesn't queue up all administration.
create or replace function audit_private.lock_catalogue()
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '10s'
as $$
begin
  perform audit_private.require_read_committed();
  lock table audit_private.instance in share row exclusive mode;
exception when lock_not_available then
  raise exception using
    errcode = 'WT084',
    message = 'another transaction is changing tenants, catalogue, options or partitions',
    detail = 'It has held the lock for more than 10 seconds: ' || coalesce((
      select string_agg(format('pid %s, role %s, since %s', l.pid, a.usename, a.xact_start), '; ')
      from pg_locks l
      left join pg_stat_activity a on a.pid = l.pid
      where l.relation = 'audit_private.instance'::regclass and l.mode = 'ShareRowExclusiveLock' and l.granted
    ), 'it has just ended'),
    hint = 'Try again, or have that transaction ended: select pg_terminate_backend(…);';
end
$$;
comment on function audit_private.lock_catalogue() is
  'one transaction at a time changes tenants, catalogue, options or partitions; raises WT037 and WT084';
