create or replace function audit_private.sink_format(sink audit_private.sink)
returns text
language sql
immutable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(
    (sink_format.sink).options ->> 'format',
    (select k.format from audit_private.sink_kinds() k where k.kind = (sink_format.sink).kind))
$$;
comment on function audit_private.sink_format(audit_private.sink) is 'the format that a sink''s events are written in';
grant execute on function audit_private.sink_format(audit_private.sink) to audit_keeper;
