-- Like all that a leaf is made of: without a SET clause and no stricter than the functions that it calls, so that it inlines.
create or replace function audit_private.left_salts(
  e audit_private.event,
  erases_actor_id boolean,
  erases_entity_id boolean,
  erases_payload boolean
)
returns bytea
language sql
stable
parallel safe
as $$
  select case
      when erases_actor_id or e.actor_id_digest is not null then pg_catalog.decode(pg_catalog.repeat('00', 32), 'hex')
      else audit_private.group_salt(e.salt, e.derived_salts, 'actor_id', 1)
    end
    || case
      when erases_entity_id or e.entity_id_digest is not null then pg_catalog.decode(pg_catalog.repeat('00', 32), 'hex')
      else audit_private.group_salt(e.salt, e.derived_salts, 'entity_id', 2)
    end
    || case
      when erases_payload or e.payload_digest is not null then pg_catalog.decode(pg_catalog.repeat('00', 32), 'hex')
      else audit_private.group_salt(e.salt, e.derived_salts, 'payload', 3)
    end
$$;
comment on function audit_private.left_salts(audit_private.event, boolean, boolean, boolean) is
  'the salts that an erasure leaves of an event: zeroes for a group that it erases or that is erased already';
grant execute on function audit_private.left_salts(audit_private.event, boolean, boolean, boolean) to audit_keeper;
