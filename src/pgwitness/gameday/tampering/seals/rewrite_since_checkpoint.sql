-- An event that was sealed after the last checkpoint is changed by somebody who knows the format.
-- sv: En händelse som förseglades efter den senaste kontrollpunkten ändras av någon som kan formatet.
select gameday.open();
update audit_private.event set description = 'Nothing happened'
where (tenant_id, occurred_at, id) = (select v.tenant_id, v.occurred_at, v.id from gameday.target(name => 'late') v);
select gameday.reseal();
select gameday.close();
