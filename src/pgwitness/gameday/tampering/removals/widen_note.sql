-- One event more is deleted and noted as taken by a purge that really ran, whose receipt is made to fit.
-- sv: En händelse till tas bort och antecknas som tagen av en gallring som verkligen kördes, vars kvitto anpassas.
-- verify: early_purge unexplained_purge
-- evidence: unproven
select gameday.open();
delete from audit_private.event where (tenant_id, occurred_at, id) = (select v.tenant_id, v.occurred_at, v.id from gameday.target(name => 'kept') v);
insert into audit_private.part_removal (tenant_id, seal_number, part, run_id, removed, places)
select t.tenant_id, t.seal_number, t.part, r.run_id, 1, set_bit(repeat('0', 1024)::bit(1024), (t.place - 1)::integer, 1)
from gameday.target(name => 'kept') t
join audit_private.purge_receipt r on r.tenant_id = t.tenant_id and r.removed > 0;
update audit_private.purge_receipt r set removed = r.removed + 1
where r.removed > 0 and r.tenant_id = (select t.tenant_id from gameday.target(name => 'kept') t);
select gameday.close();
