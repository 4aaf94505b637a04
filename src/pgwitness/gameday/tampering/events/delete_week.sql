-- A tenant's whole week is deleted.
-- sv: En organisations hela vecka tas bort.
-- verify: missing_event
-- evidence: unproven
select gameday.open();
delete from audit_private.event e
using gameday.target t
where t.name = 'kept' and e.tenant_id = t.tenant_id
  and e.occurred_at >= date_trunc('week', t.occurred_at) and e.occurred_at < date_trunc('week', t.occurred_at) + interval '1 week'
  and e.source = 'logged';
select gameday.close();
