create or replace function audit_private.grantee_name(grantee oid)
returns text
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $$
  select case grantee when 0 then 'public' else grantee::regrole::text end
$$;
comment on function audit_private.grantee_name(oid) is 'how a grant or revoke names whom an access list names';
