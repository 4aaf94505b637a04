set local role audit_keeper;
-- As sink_entries: their numbers stand for places in the log.
create or replace function audit_private.sink_letters(
  sink_name text,
  tenant_ids uuid[],
  after_number bigint,
  most integer
)
returns table (log_index bigint, place integer, tenant_id uuid, occurred_at timestamptz, id uuid)
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select d.retry_number, 0, d.tenant_id, d.occurred_at, d.event_id
  from audit_private.dead_letter d
  where d.sink_name = sink_letters.sink_name
    and d.tenant_id = any (sink_letters.tenant_ids)
    and d.retry_number > sink_letters.after_number
  order by d.retry_number
  limit sink_letters.most
$$;
comment on function audit_private.sink_letters(text, uuid[], bigint, integer) is
  'refused events that are to be tried again, behind a number, by key';
