set local role audit_keeper;
-- A tenant that approves takes part with all others from where the consumer set it, and until it does from its place on.
create or replace function audit_private.sink_spans(sink audit_private.sink)
returns table (tenant_id uuid, log_index bigint, place integer, until_log_index bigint)
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  with carried as (
    select t.tenant_id, a.log_index, a.place, a.until_log_index
    from unnest(audit_private.sink_tenants(sink_spans.sink)) as t (tenant_id)
    left join audit_private.sink_approval a
      on (sink_spans.sink).carries_payloads and a.tenant_id = t.tenant_id and a.sink_name = (sink_spans.sink).sink_name
  )
  select c.tenant_id, greatest((sink_spans.sink).log_index, c.until_log_index),
    case when c.until_log_index > (sink_spans.sink).log_index then 0 else (sink_spans.sink).place end, null::bigint
  from carried c
  where c.log_index is null or c.until_log_index is not null
  union all
  select c.tenant_id, c.log_index, c.place, c.until_log_index
  from carried c
  where c.log_index < c.until_log_index or c.log_index is not null and c.until_log_index is null
$$;
comment on function audit_private.sink_spans(audit_private.sink) is
  'what a sink has still to pass of each tenant that it carries: from a place in the log, up to a seal or without end';
grant execute on function audit_private.sink_spans(audit_private.sink) to audit_owner;
