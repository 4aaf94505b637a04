-- The first half of new_event_id, for whoever makes many ids of one moment. Multiplying by 64536 and adding the whole
-- shifts the milliseconds left by 16 bits and leaves the microseconds in the low ones. A double of seconds holds
-- microseconds exactly until the year 2106. Without a SET clause and no stricter than the functions that it calls, so
-- that it inlines.
create or replace function audit_private.event_id_prefix(occurred_at timestamptz)
returns text
language sql
stable
parallel safe
as $$
  select pg_catalog.lpad(
    pg_catalog.to_hex(
      (pg_catalog.date_part('epoch', occurred_at) * 1000000)::bigint / 1000 * 64536
      + (pg_catalog.date_part('epoch', occurred_at) * 1000000)::bigint
      + 28672),
    16, '0')
$$;
comment on function audit_private.event_id_prefix(timestamptz) is
  'the half of a UUIDv7 that gives occurred_at to the microsecond, as 16 hexadecimal digits';
grant execute on function audit_private.event_id_prefix(timestamptz) to audit_writer;
