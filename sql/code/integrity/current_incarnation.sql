-- A dump that is restored gets another server, database or table, while a base backup keeps all three. What was said of
-- transactions under another incarnation is about other ones: that of exports that were running, and of seals.
create or replace function audit_private.current_incarnation()
returns text
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select format('%s/%s/%s', s.system_identifier, d.oid, 'audit_private.event'::regclass::oid)
  from pg_control_system() s, pg_database d
  where d.datname = current_database()
$$;
comment on function audit_private.current_incarnation() is 'names server, database and table, so that a restored one is another';
