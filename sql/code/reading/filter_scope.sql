-- What a cursor belongs to. Bare dates are resolved, since they mean other times in another time zone.
create or replace function audit_private.filter_scope(tenant_id uuid, filter jsonb)
returns text
language sql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select jsonb_build_array(
    filter_scope.tenant_id,
    filter_scope.filter - '{from,to}'::text[],
    extract(epoch from audit_private.filter_time(filter_scope.filter, 'from')),
    extract(epoch from audit_private.filter_time(filter_scope.filter, 'to'))
  )::text
$$;
comment on function audit_private.filter_scope(uuid, jsonb) is 'tenant and filter in one form, to tell cursors apart';
