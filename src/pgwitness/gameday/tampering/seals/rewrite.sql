-- An event is changed by somebody who knows the format: leaf, list, all later seals and the whole tree are made anew.
-- sv: En händelse ändras av någon som kan formatet: löv, lista, alla senare sigill och hela trädet görs om.
-- checkpoint: rewritten
-- evidence: unproven
select gameday.open();
update audit_private.event set description = 'Nothing happened'
where (tenant_id, occurred_at, id) = (select v.tenant_id, v.occurred_at, v.id from gameday.target(name => 'kept') v);
select gameday.reseal();
select gameday.close();
