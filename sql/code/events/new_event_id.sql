-- UUIDv7 (RFC 9562, 5.7): 48 bits of milliseconds, the version, 12 bits that hold the microseconds
-- (0 to 999), the variant, and 62 bits that only have to differ within one microsecond. The event's sequence
-- number does that, and orders events of one microsecond by it; random bits would cost as much as a look-up.
-- Multiplying by 64536 and adding the whole shifts the milliseconds left by 16 bits and leaves the
-- microseconds in the low ones; subtracting 2^63 sets the variant. A double of seconds holds microseconds
-- exactly until the year 2106. Without a SET clause and no stricter than the functions that it calls, so that it inlines.
create or replace function audit_private.new_event_id(occurred_at timestamptz, unique_bits bigint)
returns uuid
language sql
stable
parallel safe
as $$
  select (
    pg_catalog.lpad(
      pg_catalog.to_hex(
        (pg_catalog.date_part('epoch', occurred_at) * 1000000)::bigint / 1000 * 64536
        + (pg_catalog.date_part('epoch', occurred_at) * 1000000)::bigint
        + 28672),
      16, '0')
    || pg_catalog.to_hex(unique_bits + (-9223372036854775808))
  )::uuid
$$;
comment on function audit_private.new_event_id(timestamptz, bigint) is
  'a UUIDv7 that gives occurred_at to the microsecond; unique_bits is 0 to 2^62 - 1';
grant execute on function audit_private.new_event_id(timestamptz, bigint) to audit_writer;
