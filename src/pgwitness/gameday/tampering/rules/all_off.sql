-- All logging of a tenant is turned off behind the log's back.
-- sv: All loggning för en organisation stängs av bakom loggens rygg.
-- doctor: logging_on
select gameday.open();
update audit_private.tenant t set is_logging_enabled = false where t.tenant_id = (select o.tenant_id from gameday.target(name => 'kept') o);
select gameday.close();
