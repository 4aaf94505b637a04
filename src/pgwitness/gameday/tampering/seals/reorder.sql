-- Two seals of a tenant trade places.
-- sv: Två av en organisations sigill byter plats.
-- verify: broken_chain extra_event reordered
-- evidence: unproven
select gameday.open();
update audit_private.seal s set seal_number = -s.seal_number from gameday.target t
where t.name = 'kept' and s.tenant_id = t.tenant_id and s.seal_number in (t.seal_number, t.seal_number + 1);
update audit_private.seal s set seal_number = 2 * t.seal_number + 1 + s.seal_number from gameday.target t
where t.name = 'kept' and s.tenant_id = t.tenant_id and s.seal_number < 0;
update audit_private.seal_part p set seal_number = -p.seal_number from gameday.target t
where t.name = 'kept' and p.tenant_id = t.tenant_id and p.seal_number in (t.seal_number, t.seal_number + 1);
update audit_private.seal_part p set seal_number = 2 * t.seal_number + 1 + p.seal_number from gameday.target t
where t.name = 'kept' and p.tenant_id = t.tenant_id and p.seal_number < 0;
select gameday.close();
