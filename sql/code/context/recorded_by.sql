-- Quoted where needed, so that no role name can be taken for a pair of others.
create or replace function audit_private.recorded_by()
returns text
language sql
stable
parallel restricted
as $$
  select case pg_catalog.current_setting('role')
    when 'none' then audit_private.quoted_role(session_user)
    else audit_private.quoted_role(session_user) || '/'
      || audit_private.quoted_role(pg_catalog.current_setting('role')::name)
  end
$$;
comment on function audit_private.recorded_by() is 'login, and SET ROLE role behind a slash: who sends the SQL';
grant execute on function audit_private.recorded_by() to audit_writer, audit_finder, audit_keeper;
