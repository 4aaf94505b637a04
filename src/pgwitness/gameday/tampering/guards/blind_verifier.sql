-- An event is changed, and the function that would find it is replaced.
-- sv: En händelse ändras, och funktionen som skulle hitta det byts ut.
-- doctor: objects_unchanged
-- evidence: unproven
select gameday.open();
update audit_private.event set description = 'Nothing happened'
where (tenant_id, occurred_at, id) = (select v.tenant_id, v.occurred_at, v.id from gameday.target(name => 'kept') v);
create or replace function audit_private.verify_leaves(tenant uuid, from_time timestamptz, until_time timestamptz)
returns setof audit_private.finding
language sql
stable
security definer
as 'select null::audit_private.finding where false';
select gameday.close();
