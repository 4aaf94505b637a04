set local role audit_keeper;
-- An event that has gone meanwhile comes as a row without one, so that acknowledging it ends the matter.
create or replace function audit_private.deliver_letters(
  sink audit_private.sink,
  tenant_ids uuid[],
  after_number bigint,
  batch_size integer
)
returns table (cursor text, tenant_id uuid, event_id uuid, occurred_at timestamptz, content text)
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  numbers bigint[];
  tenants uuid[];
  times timestamptz[];
  ids uuid[];
begin
  select array_agg(n.retry_number), array_agg(n.tenant_id), array_agg(n.occurred_at), array_agg(n.event_id)
  into numbers, tenants, times, ids
  from (
    select d.retry_number, d.tenant_id, d.occurred_at, d.event_id
    from audit_private.dead_letter d
    where d.sink_name = (deliver_letters.sink).sink_name
      and d.tenant_id = any (deliver_letters.tenant_ids)
      and d.retry_number > deliver_letters.after_number
    order by d.retry_number
    limit deliver_letters.batch_size
  ) n;
  if numbers is null then
    return;
  end if;
  return query
  select 'retry:' || k.retry_number, e.tenant_id, e.event_id, e.occurred_at, e.content
  from unnest(numbers) with ordinality as k (retry_number, place)
  left join audit_private.deliver_entries(
    deliver_letters.sink, numbers, array_fill(0, array[cardinality(numbers)]), tenants, times, ids) e
    on e.log_index = k.retry_number
  order by k.place;
end
$$;
comment on function audit_private.deliver_letters(audit_private.sink, uuid[], bigint, integer) is
  'refused events that are to be tried again, behind a number';
