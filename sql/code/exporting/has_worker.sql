-- Process numbers come round, so a worker that hasn't said how far it is for an hour counts as gone, too.
create or replace function audit_private.has_worker(export audit_private.export)
returns boolean
language sql
volatile
parallel restricted
security definer
set search_path = pg_catalog, pg_temp
as $$
  select (has_worker.export).noted_at > clock_timestamp() - interval '1 hour'
    and exists (select from pg_stat_activity a where a.pid = (has_worker.export).process_id)
$$;
comment on function audit_private.has_worker(audit_private.export) is
  'whether the worker is alive that writes an export into a file';
