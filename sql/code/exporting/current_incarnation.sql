-- A dump that is restored keeps the exports that were running, and what their conditions say of transactions is about
-- another server's: they would be silently short. A base backup keeps both, and its exports go on.
create or replace function audit_private.current_incarnation()
returns text
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select format('%s/%s/%s', s.system_identifier, d.oid, 'audit_private.export'::regclass::oid)
  from pg_control_system() s, pg_database d
  where d.datname = current_database()
$$;
comment on function audit_private.current_incarnation() is 'names server, database and table, so that a restored one is another';
