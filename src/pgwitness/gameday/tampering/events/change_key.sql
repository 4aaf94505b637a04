-- A sealed event gets another tenant, another time or another id.
-- sv: En förseglad händelse får en annan organisation, en annan tid eller ett annat id.
-- verify: extra_event missing_event
-- evidence: unproven
-- each: tenant_id = (select t.tenant_id from gameday.target(name => 'other') t)
-- each: occurred_at = occurred_at - interval '1 minute'
-- each: id = gen_random_uuid()
select gameday.open();
update audit_private.event set {each}
where (tenant_id, occurred_at, id) = (select v.tenant_id, v.occurred_at, v.id from gameday.target(name => 'kept') v);
select gameday.close();
