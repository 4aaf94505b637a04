-- A seal is moved to another place of the log.
-- sv: Ett sigill flyttas till en annan plats i loggen.
-- verify: broken_chain missing_seal reordered
-- evidence: unproven
select gameday.open();
update audit_private.seal s set log_index = s.log_index + 1000000
from gameday.target t
where t.name = 'kept' and s.tenant_id = t.tenant_id and s.seal_number = t.seal_number;
select gameday.close();
