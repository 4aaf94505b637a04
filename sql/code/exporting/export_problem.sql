-- What can't be brought to its end: it is better to fail than to be silently short. A purge waits for an export for 24
-- hours, so it is given up an hour earlier. A straight one whose client never told how it ended isn't running any more.
create or replace function audit_private.export_problem(export audit_private.export)
returns text
language sql
volatile
parallel restricted
security definer
set search_path = pg_catalog, pg_temp
as $$
  select case
    when (export_problem.export).incarnation is distinct from audit_private.current_incarnation() then
      'the database was restored meanwhile; ask for it anew'
    when (export_problem.export).is_straight then
      case when (export_problem.export).started_at < clock_timestamp() - interval '24 hours'
        then 'its client never told how it ended' end
    when (export_problem.export).started_at < clock_timestamp() - interval '23 hours' then
      'it took longer than 23 hours; ask for less at a time'
  end
$$;
comment on function audit_private.export_problem(audit_private.export) is
  'why an export that is running can''t go on; null when it can';
