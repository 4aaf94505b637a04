create or replace function audit_private.group_digest(erased_digest bytea, group_salt bytea, name bytea, content text)
returns bytea
language sql
stable
parallel safe
as $$
  select coalesce(
    erased_digest,
    pg_catalog.sha256('\x02'::bytea || name || group_salt || pg_catalog.convert_to(content, 'UTF8')))
$$;
comment on function audit_private.group_digest(bytea, bytea, bytea, text) is
  'digest of a group of erasable values: the kept one when it was erased';
grant execute on function audit_private.group_digest(bytea, bytea, bytea, text) to audit_finder, audit_keeper;
