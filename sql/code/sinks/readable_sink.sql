-- Who may look at a sink's dead letters: those who see every tenant, and its consumer.
create or replace function audit_private.readable_sink(name text)
returns text
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if not exists (
    select from audit_private.sink s
    where s.sink_name = readable_sink.name
      and (s.role_name = audit_private.effective_role() or audit_private.sees_all_tenants())
  ) then
    perform audit_private.refuse_sink(readable_sink.name);
  end if;
  return readable_sink.name;
end
$$;
comment on function audit_private.readable_sink(text) is 'the name of a sink that the caller may look at; raises WT150';
grant execute on function audit_private.readable_sink(text) to audit_keeper;
