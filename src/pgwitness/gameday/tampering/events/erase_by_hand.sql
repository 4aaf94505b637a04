-- An event is erased properly, but by hand: no erasure tells of it.
-- sv: En händelse raderas korrekt, men för hand: ingen radering berättar om det.
-- verify: unexplained_erasure
select gameday.open();
update audit_private.event e
set payload_digest = audit_private.payload_digest(e), derived_salts = audit_private.left_salts(e, false, false, true),
  salt = null, description = null, actor = null, target = null, changes = null, metadata = null, ip = null,
  user_agent = null, request_id = null, error_message = null
where (e.tenant_id, e.occurred_at, e.id) = (select v.tenant_id, v.occurred_at, v.id from gameday.target(name => 'kept') v);
select gameday.close();
