create or replace function audit.list_sink_options()
returns table (name text, kinds text[], is_required boolean, pattern text, description text)
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select o.name,
    coalesce(o.kinds, array(select k.kind from audit_private.sink_kinds() k order by k.kind)),
    o.is_required, o.pattern, o.description
  from audit_private.sink_options() o
$$;
comment on function audit.list_sink_options() is
  'options that audit.define_sink knows: for which kinds, and the pattern that a value follows; for audit_operator and audit_shipper';
grant execute on function audit.list_sink_options() to audit_operator, audit_shipper;
