-- What a subscription brings was captured where it was changed. A session that merely sets session_replication_role
-- is none, and can't look like one.
create or replace function audit_private.is_apply_worker()
returns boolean
language sql
stable
parallel restricted
security definer
set search_path = pg_catalog, pg_temp
as $$
  select exists (select from pg_stat_get_subscription(null) s where s.pid = pg_backend_pid())
$$;
comment on function audit_private.is_apply_worker() is 'whether this backend applies another database''s changes';
grant execute on function audit_private.is_apply_worker() to audit_writer;
