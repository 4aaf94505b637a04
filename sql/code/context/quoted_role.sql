-- As quote_ident does it while quote_all_identifiers is off; that setting is the caller's, and what is recorded
-- and compared must not depend on it.
create or replace function audit_private.quoted_role(role name)
returns text
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select case
    when role ~ '^[a-z_][a-z0-9_$]*$' then role::text
    else '"' || replace(role, '"', '""') || '"'
  end
$$;
comment on function audit_private.quoted_role(name) is 'a role''s name such that no two names, nor pairs of names, look alike';
grant execute on function audit_private.quoted_role(name) to audit_writer, audit_finder, audit_keeper;
