-- An event is laid at somebody else's door behind the digest of the old actor, as though that had been erased.
-- sv: En händelse läggs på någon annan bakom den gamla aktörens kontrollsumma, som om den hade raderats.
-- verify: changed_event unexplained_erasure
select gameday.open();
update audit_private.event e
set actor_id_digest = audit_private.actor_id_digest(e), actor_id = 'somebody-else',
  derived_salts = audit_private.left_salts(e, true, false, false), salt = null
where (e.tenant_id, e.occurred_at, e.id) = (select v.tenant_id, v.occurred_at, v.id from gameday.target(name => 'kept') v);
select gameday.close();
