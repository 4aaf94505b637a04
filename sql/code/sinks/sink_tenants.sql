set local role audit_keeper;
create or replace function audit_private.sink_tenants(sink audit_private.sink, at_index bigint default null)
returns uuid[]
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(array_agg(t.tenant_id order by t.tenant_id), '{}')
  from audit_private.tenant t
  where (sink.tenant_ids is null or t.tenant_id = any (sink.tenant_ids))
    and (
      not sink.carries_payloads
      or exists (
        select from audit_private.sink_approval a
        where a.tenant_id = t.tenant_id and a.sink_name = sink.sink_name and a.digest = sink.digest and a.ended_at is null
          and (sink_tenants.at_index is null or a.until_log_index <= sink_tenants.at_index)
      )
    )
$$;
comment on function audit_private.sink_tenants(audit_private.sink, bigint) is
  'tenants whose events a sink carries now: those that it is for and, where it carries payloads, that have approved it; those that take part from a seal on, or all of them';
grant execute on function audit_private.sink_tenants(audit_private.sink, bigint) to audit_owner, audit_finder;
