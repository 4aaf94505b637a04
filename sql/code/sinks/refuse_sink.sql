-- A sink of somebody else's is no different from none.
create or replace function audit_private.refuse_sink(name text)
returns void
language plpgsql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception using
    errcode = 'WT150',
    message = format('there is no sink %s for role %I', coalesce(quote_literal(refuse_sink.name), 'null'),
      audit_private.effective_role()),
    detail = 'A sink is read by the one role that it names; the SET ROLE role counts when one is set, else the login.',
    hint = 'select name, role from audit.list_sinks();';
end
$$;
comment on function audit_private.refuse_sink(text) is 'raises WT150';
grant execute on function audit_private.refuse_sink(text) to audit_keeper;
