-- Something is written into an erased event.
-- sv: Något skrivs in i en raderad händelse.
-- verify: changed_event
select gameday.open();
update audit_private.event e set description = 'It was Anna' from gameday.target t
where t.name = 'erased' and (e.tenant_id, e.occurred_at, e.id) = (t.tenant_id, t.occurred_at, t.id);
select gameday.close();
