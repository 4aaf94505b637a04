-- Notes where each ended, so that nothing is left out once the tenant approves again: in its backlog, or where the sink is.
-- What the consumer acknowledges meanwhile comes twice then.
create or replace function audit_private.end_sink_approvals(name text, tenant_ids uuid[])
returns setof uuid
language sql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
  update audit_private.sink_approval a
  set ended_at = clock_timestamp(), log_index = p.log_index, place = p.place
  from (
    select b.tenant_id, b.sink_name,
      case when b.is_in_backlog then b.log_index else greatest(b.until_log_index, b.sink_index) end as log_index,
      case when b.is_in_backlog then b.place when b.sink_index < b.until_log_index then 0 else b.sink_place end as place
    from (
      select c.*, coalesce(c.log_index < c.until_log_index, true) as is_in_backlog, s.log_index as sink_index,
        s.place as sink_place
      from audit_private.sink_approval c
      join audit_private.sink s on s.sink_name = c.sink_name
    ) b
  ) p
  where a.sink_name = end_sink_approvals.name
    and a.tenant_id = any (end_sink_approvals.tenant_ids)
    and a.ended_at is null
    and p.tenant_id = a.tenant_id
    and p.sink_name = a.sink_name
  returning a.tenant_id
$$;
comment on function audit_private.end_sink_approvals(text, uuid[]) is
  'tenants no longer let a sink carry their payloads; gives those that did';
