set local role audit_keeper;
-- What the filter doesn't find is passed over, up to a limit, so that no call takes for ever: a row without an event then
-- tells how far it came. So does the end of the span when nothing of it is left, since the place would otherwise stay
-- behind what others seal.
create or replace function audit_private.deliver_span(
  sink audit_private.sink,
  mode text,
  tenant_ids uuid[],
  from_index bigint,
  from_place integer,
  until_index bigint,
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
  epoch constant integer := (select s.epoch from audit_private.sealing s);
  reached_index bigint := deliver_span.from_index;
  reached_place integer := deliver_span.from_place;
  log_indexes bigint[];
  places integer[];
  tenants uuid[];
  times timestamptz[];
  ids uuid[];
begin
  if reached_index >= deliver_span.until_index then
    return;
  end if;
  for attempt in 1..20 loop
    select array_agg(n.log_index), array_agg(n.place), array_agg(n.tenant_id), array_agg(n.occurred_at), array_agg(n.id)
    into log_indexes, places, tenants, times, ids
    from audit_private.sink_entries(
      deliver_span.tenant_ids, reached_index, reached_place, deliver_span.until_index,
      greatest(deliver_span.batch_size, case attempt when 1 then 1 else 10000 end)) n;
    if log_indexes is null then
      reached_index := deliver_span.until_index;
      reached_place := 0;
      exit;
    end if;
    return query
    select format('%s:%s:%s:%s', deliver_span.mode, epoch, d.log_index, d.place), d.tenant_id, d.event_id, d.occurred_at,
      d.content
    from audit_private.deliver_entries(deliver_span.sink, log_indexes, places, tenants, times, ids) d
    limit deliver_span.batch_size;
    if found then
      return;
    end if;
    reached_index := log_indexes[cardinality(log_indexes)];
    reached_place := places[cardinality(places)];
  end loop;
  cursor := format('%s:%s:%s:%s', deliver_span.mode, epoch, reached_index, reached_place);
  return next;
end
$$;
comment on function audit_private.deliver_span(audit_private.sink, text, uuid[], bigint, integer, bigint, integer) is
  'the next events of a span of the log, or one row that tells how far there is none';
