create or replace function audit_private.event_time(id uuid)
returns timestamptz
language plpgsql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  bits constant bigint := ('x' || left(replace(event_time.id::text, '-', ''), 16))::bit(64)::bigint;
begin
  if (bits >> 12 & 15) <> 7 or (bits & 4095) > 999 then
    return null;
  end if;
  return timestamptz '1970-01-01 00:00:00+00'
    + ((bits >> 16 & 281474976710655) / 1000 || ' seconds')::interval
    + ((bits >> 16 & 281474976710655) % 1000 * 1000 + (bits & 4095)) * interval '1 microsecond';
end
$$;
comment on function audit_private.event_time(uuid) is 'occurred_at of the event with this id; null when no event can have it';
grant execute on function audit_private.event_time(uuid) to audit_writer, audit_finder, audit_keeper;
