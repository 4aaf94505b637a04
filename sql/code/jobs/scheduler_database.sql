-- What a plain login can know of pg_cron: its setting is shown to privileged roles only, but in which database its
-- launcher works is seen by everybody. Any session may call itself that, so nothing but advice rests on it.
create or replace function audit_private.scheduler_database()
returns name
language sql
volatile
parallel restricted
security definer
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(
    (select current_database() from pg_extension e where e.extname = 'pg_cron'),
    (select a.datname from pg_stat_activity a where a.application_name = 'pg_cron scheduler' order by a.pid limit 1))
$$;
comment on function audit_private.scheduler_database() is 'the database in which pg_cron keeps its jobs; null where it does not run';
