create or replace function audit_private.group_salt(salt uuid, derived_salts bytea, name bytea, place integer)
returns bytea
language sql
stable
parallel safe
as $$
  select coalesce(
    pg_catalog.substr(derived_salts, place * 32 - 31, 32), pg_catalog.sha256(pg_catalog.uuid_send(salt) || name))
$$;
comment on function audit_private.group_salt(uuid, bytea, bytea, integer) is
  'salt of a group of erasable values; place is 1 for actor_id, 2 for entity_id and 3 for payload';
grant execute on function audit_private.group_salt(uuid, bytea, bytea, integer) to audit_finder, audit_keeper;
