-- Made anew each time, since categories get new actions.
create or replace function audit_private.sink_condition(sink audit_private.sink)
returns text
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select audit_private.filter_condition((sink_condition.sink).filter)
$$;
comment on function audit_private.sink_condition(audit_private.sink) is
  'a condition on audit_private.event e: the sink''s filter finds it';
grant execute on function audit_private.sink_condition(audit_private.sink) to audit_keeper;
