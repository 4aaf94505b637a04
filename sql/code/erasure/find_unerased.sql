set local role audit_finder;
-- Events by the times that their ids hold, which prunes partitions; in windows, since a ledger may span years.
create or replace function audit_private.find_unerased(tenant_ids uuid[], event_ids uuid[])
returns table (tenant_id uuid, occurred_at timestamptz, event_id uuid, readable text[])
language plpgsql
volatile
parallel unsafe
rows 100
security definer
set search_path = pg_catalog, pg_temp
set datestyle = 'ISO, YMD'
set jit = off
as $$
declare
  span record;
begin
  for span in
    select w.*
    from (
      select min(audit_private.event_time(i.id)) as from_time, max(audit_private.event_time(i.id)) as until_time
      from unnest(find_unerased.event_ids) as i (id)
    ) b
    cross join lateral audit_private.event_windows(b.from_time, b.until_time + interval '1 microsecond') w
    where b.from_time is not null
  loop
    return query execute format(
      'select e.tenant_id, e.occurred_at, e.id, array_remove(array[
        case when e.actor_id_digest is null then ''actor_id'' end,
        case when e.entity_id_digest is null then ''entity_id'' end,
        case when e.payload_digest is null then ''payload'' end], null)
      from (
        select distinct k.tenant_id, k.id, audit_private.event_time(k.id) as occurred_at
        from unnest($1, $2) as k (tenant_id, id)
      ) k
      join audit_private.event e
        on e.tenant_id = k.tenant_id and e.occurred_at = k.occurred_at and e.id = k.id
      where e.occurred_at >= %1$L::timestamptz
        and e.occurred_at < %2$L::timestamptz
        and k.occurred_at >= %1$L::timestamptz
        and k.occurred_at < %2$L::timestamptz',
      span.window_from, span.window_until)
    using find_unerased.tenant_ids, find_unerased.event_ids;
  end loop;
end
$$;
comment on function audit_private.find_unerased(uuid[], uuid[]) is
  'keys of events that are there, and which of their groups can be read; tenant and event by place in the arrays';
grant execute on function audit_private.find_unerased(uuid[], uuid[]) to audit_owner;
