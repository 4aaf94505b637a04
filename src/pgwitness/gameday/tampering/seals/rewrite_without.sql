-- An event is deleted by somebody who knows the format, and everything made anew as though it had never been.
-- sv: En händelse tas bort av någon som kan formatet, och allt görs om som om den aldrig hade funnits.
-- checkpoint: rewritten
-- evidence: unproven
select gameday.open();
select gameday.unlist(tenant => t.tenant_id, event_id => t.id) from gameday.target(name => 'kept') t;
delete from audit_private.event where (tenant_id, occurred_at, id) = (select v.tenant_id, v.occurred_at, v.id from gameday.target(name => 'kept') v);
select gameday.reseal();
select gameday.close();
