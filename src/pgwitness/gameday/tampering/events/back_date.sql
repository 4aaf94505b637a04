-- A sealed event is moved to an earlier week, with an id to match.
-- sv: En förseglad händelse flyttas till en tidigare vecka, med ett id som passar.
-- verify: extra_event missing_event
-- evidence: unproven
select gameday.open();
update audit_private.event set occurred_at = occurred_at - interval '8 days', recorded_at = recorded_at - interval '8 days',
  id = audit_private.new_event_id(occurred_at - interval '8 days', sequence)
where (tenant_id, occurred_at, id) = (select v.tenant_id, v.occurred_at, v.id from gameday.target(name => 'kept') v);
select gameday.close();
