-- An action is silenced in the table that holds what toggles come to, so that the toggles still say that it is on.
-- sv: En åtgärd tystas i tabellen över vad loggningsvalen leder till, så att valen fortfarande säger att den är på.
select gameday.open();
update audit_private.logging_decision d set is_logged = false
where d.action = 'user_deleted' and d.tenant_id = (select t.tenant_id from gameday.target(name => 'kept') t);
select gameday.close();
