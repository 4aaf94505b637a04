-- An action is turned off behind the log's back.
-- sv: En åtgärd stängs av bakom loggens rygg.
select gameday.open();
insert into audit_private.action_toggle (tenant_id, action, is_enabled)
select t.tenant_id, 'user_deleted', false from gameday.target(name => 'kept') t;
select gameday.close();
