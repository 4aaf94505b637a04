-- The hash of a seal is changed.
-- sv: Ett sigills kontrollsumma ändras.
-- verify: broken_chain
select gameday.open();
update audit_private.seal s set seal_hash = sha256('x')
from gameday.target t
where t.name = 'kept' and s.tenant_id = t.tenant_id and s.seal_number = t.seal_number;
select gameday.close();
