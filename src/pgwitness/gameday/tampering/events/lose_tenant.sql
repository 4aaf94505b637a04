-- A tenant goes with all of its events; its seals stay, so that the chain has no hole.
-- sv: En organisation försvinner med alla sina händelser; sigillen blir kvar, så att kedjan är hel.
-- verify: missing_event
select gameday.open();
delete from audit_private.event e where e.tenant_id = (select t.tenant_id from gameday.target(name => 'quiet') t);
delete from audit_private.tenant t where t.tenant_id = (select o.tenant_id from gameday.target(name => 'quiet') o);
select gameday.close();
