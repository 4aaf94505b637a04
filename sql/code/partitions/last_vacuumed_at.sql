-- A server that crashed has forgotten, and vacuums once more.
create or replace function audit_private.last_vacuumed_at(relation oid)
returns timestamptz
language sql
stable
parallel restricted
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(
    greatest(
      pg_stat_get_last_vacuum_time(last_vacuumed_at.relation),
      pg_stat_get_last_autovacuum_time(last_vacuumed_at.relation)),
    '-infinity')
$$;
comment on function audit_private.last_vacuumed_at(oid) is 'when a table was last vacuumed, by hand or by the server';
