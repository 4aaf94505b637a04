-- The SET ROLE role when one is set, else the login; never both, so that a pooler's login loses its
-- grants when it steps down to a restricted role. Right inside a definer function, where current_user
-- is not. Without a SET clause, so that it inlines.
create or replace function audit_private.effective_role()
returns name
language sql
stable
parallel restricted
as $$
  select case pg_catalog.current_setting('role')
    when 'none' then session_user
    else pg_catalog.current_setting('role')::name
  end
$$;
comment on function audit_private.effective_role() is 'the database role that counts: SET ROLE, else the login';
grant execute on function audit_private.effective_role() to audit_writer, audit_finder, audit_keeper;
