-- A seal in the middle is removed with its list and its events.
-- sv: Ett sigill i mitten tas bort med sin lista och sina händelser.
-- verify: missing_seal
-- evidence: unproven
select gameday.open();
delete from audit_private.event e using audit_private.seal_part p, gameday.target t
where t.name = 'kept' and p.tenant_id = t.tenant_id and p.seal_number = t.seal_number
  and e.tenant_id = p.tenant_id and e.id = any (p.ids);
delete from audit_private.seal_part p using gameday.target t
where t.name = 'kept' and p.tenant_id = t.tenant_id and p.seal_number = t.seal_number;
delete from audit_private.seal s using gameday.target t
where t.name = 'kept' and s.tenant_id = t.tenant_id and s.seal_number = t.seal_number;
select gameday.close();
