-- UUIDv7 (RFC 9562, 5.7): 48 bits of milliseconds, the version, 12 bits that hold the microseconds
-- (0 to 999), the variant, and 62 bits that only have to differ within one microsecond. The event's sequence
-- number does that, and orders events of one microsecond by it; random bits would cost as much as a look-up.
-- Subtracting 2^63 sets the variant. Without a SET clause and no stricter than the functions that it calls, so
-- that it inlines.
create or replace function audit_private.new_event_id(occurred_at timestamptz, unique_bits bigint)
returns uuid
language sql
stable
parallel safe
as $$
  select (
    audit_private.event_id_prefix(occurred_at)
    || pg_catalog.to_hex(unique_bits + (-9223372036854775808))
  )::uuid
$$;
comment on function audit_private.new_event_id(timestamptz, bigint) is
  'a UUIDv7 that gives occurred_at to the microsecond; unique_bits is 0 to 2^62 - 1';
grant execute on function audit_private.new_event_id(timestamptz, bigint) to audit_writer;
