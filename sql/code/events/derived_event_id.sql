-- A given time and a key always make the same id, so that an import can be run again for ever.
create or replace function audit_private.derived_event_id(
  tenant_id uuid,
  occurred_at timestamptz,
  idempotency_key text
)
returns uuid
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select audit_private.new_event_id(
    derived_event_id.occurred_at,
    ('x' || left(encode(
      sha256(uuid_send(derived_event_id.tenant_id) || convert_to(derived_event_id.idempotency_key, 'UTF8')),
      'hex'), 16))::bit(64)::bigint & 4611686018427387903)
$$;
comment on function audit_private.derived_event_id(uuid, timestamptz, text) is
  'the id that a tenant''s idempotency key stands for at a given time';
grant execute on function audit_private.derived_event_id(uuid, timestamptz, text) to audit_writer;
