set local role audit_keeper;
-- Of events that the filter doesn't find, too: which those are, nobody knows before looking at each.
create or replace function audit_private.sink_lag(
  sink audit_private.sink,
  tenant_id uuid default null,
  out events bigint,
  out since timestamptz
)
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  with behind as (
    select s.sealed_at, s.event_count - case when s.log_index = p.log_index then p.place else 0 end as events
    from audit_private.sink_spans(sink_lag.sink) p
    join audit_private.seal s on s.tenant_id = p.tenant_id and s.log_index >= p.log_index
      and (p.until_log_index is null or s.log_index < p.until_log_index)
    where s.event_count > 0 and (sink_lag.tenant_id is null or p.tenant_id = sink_lag.tenant_id)
  )
  select coalesce(sum(b.events), 0), min(b.sealed_at) from behind b where b.events > 0
$$;
comment on function audit_private.sink_lag(audit_private.sink, uuid) is
  'sealed events that a sink has still to pass, of one tenant or all that it carries, and since when the oldest waits';
grant execute on function audit_private.sink_lag(audit_private.sink, uuid) to audit_owner;
