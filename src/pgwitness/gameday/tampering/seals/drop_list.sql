-- The list of a seal is removed.
-- sv: Ett sigills lista tas bort.
-- verify: extra_event missing_list
-- evidence: unproven
select gameday.open();
delete from audit_private.seal_part p using gameday.target t
where t.name = 'kept' and p.tenant_id = t.tenant_id and p.seal_number = t.seal_number;
select gameday.close();
