-- Called for every event that is sealed or verified, so all of it inlines into the statement that asks.
create or replace function audit_private.leaf_of_event(e audit_private.event)
returns bytea
language sql
stable
parallel safe
as $$
  select pg_catalog.sha256(
    '\x00'::bytea || pg_catalog.convert_to(audit_private.event_envelope(e), 'UTF8')
    || audit_private.actor_id_digest(e) || audit_private.entity_id_digest(e) || audit_private.payload_digest(e))
$$;
comment on function audit_private.leaf_of_event(audit_private.event) is
  'leaf of an event, as FORMAT.md lays down; the same before and after an erasure';
grant execute on function audit_private.leaf_of_event(audit_private.event) to audit_finder, audit_keeper;
