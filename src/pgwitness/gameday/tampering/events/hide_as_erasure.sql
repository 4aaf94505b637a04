-- A payload is rewritten behind the digest of the old one, as though it had been erased.
-- sv: Ett innehåll skrivs om bakom det gamlas kontrollsumma, som om det hade raderats.
-- verify: changed_event unexplained_erasure
select gameday.open();
update audit_private.event e
set payload_digest = audit_private.payload_digest(e), description = 'Nothing happened'
where (e.tenant_id, e.occurred_at, e.id) = (select v.tenant_id, v.occurred_at, v.id from gameday.target(name => 'kept') v);
select gameday.close();
