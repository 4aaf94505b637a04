-- A seal in the middle is removed, later ones are renumbered, and everything made anew.
-- sv: Ett sigill i mitten tas bort, senare numreras om, och allt görs om.
-- checkpoint: rewritten
-- evidence: unproven
select gameday.open();
delete from audit_private.event e using audit_private.seal_part p, gameday.target t
where t.name = 'kept' and p.tenant_id = t.tenant_id and p.seal_number = t.seal_number
  and e.tenant_id = p.tenant_id and e.id = any (p.ids);
delete from audit_private.seal_part p using gameday.target t
where t.name = 'kept' and p.tenant_id = t.tenant_id and p.seal_number = t.seal_number;
delete from audit_private.seal s using gameday.target t
where t.name = 'kept' and s.tenant_id = t.tenant_id and s.seal_number = t.seal_number;
update audit_private.seal_part p set seal_number = -p.seal_number + 1 from gameday.target t
where t.name = 'kept' and p.tenant_id = t.tenant_id and p.seal_number > t.seal_number;
update audit_private.seal_part p set seal_number = -p.seal_number where p.seal_number < 0;
update audit_private.seal s set seal_number = -s.seal_number + 1 from gameday.target t
where t.name = 'kept' and s.tenant_id = t.tenant_id and s.seal_number > t.seal_number;
update audit_private.seal s set seal_number = -s.seal_number where s.seal_number < 0;
update audit_private.seal s set log_index = s.log_index - 1 from gameday.target t
where t.name = 'kept' and s.log_index > t.log_index;
select gameday.reseal();
select gameday.close();
