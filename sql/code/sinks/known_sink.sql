create or replace function audit_private.known_sink(name text)
returns audit_private.sink
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  known audit_private.sink;
begin
  select s.* into known from audit_private.sink s where s.sink_name = known_sink.name for update;
  if not found then
    perform audit_private.refuse_sink(known_sink.name);
  end if;
  return known;
end
$$;
comment on function audit_private.known_sink(text) is 'a sink, locked; raises WT150';
