-- An event is changed, the function that would find it is replaced, and so is the record of how it was installed.
-- sv: En händelse ändras, funktionen som skulle hitta det byts ut, och likaså anteckningen om hur den installerades.
-- evidence: unproven
select gameday.open();
update audit_private.event set description = 'Nothing happened'
where (tenant_id, occurred_at, id) = (select v.tenant_id, v.occurred_at, v.id from gameday.target(name => 'kept') v);
select gameday.close();
create or replace function audit_private.verify_leaves(tenant uuid, from_time timestamptz, until_time timestamptz)
returns setof audit_private.finding
language sql
stable
security definer
as 'select null::audit_private.finding where false';
update audit_private.installed_object o set digest = d.digest
from audit_private.object_digests() d
where d.kind = o.kind and d.name = o.name;
