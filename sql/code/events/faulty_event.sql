-- Only after a batch has failed on a value of the wrong type: which event was it? PostgreSQL's own message
-- doesn't tell, so each is parsed by itself until one fails the same way.
create or replace function audit_private.faulty_event(events jsonb)
returns bigint
language plpgsql
stable
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  element record;
begin
  for element in
    select e.value, e.index - 1 as index
    from jsonb_array_elements(faulty_event.events) with ordinality as e (value, index)
  loop
    begin
      perform e.* from audit_private.batch_events(jsonb_build_array(element.value)) e;
    exception when data_exception then
      return element.index;
    end;
  end loop;
  return null;
end
$$;
comment on function audit_private.faulty_event(jsonb) is 'index of the first event with a value of the wrong type';
grant execute on function audit_private.faulty_event(jsonb) to audit_writer;
