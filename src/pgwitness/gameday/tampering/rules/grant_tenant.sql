-- A role gets a grant for a tenant behind the log's back.
-- sv: En roll ges rätt till en organisation bakom loggens rygg.
-- verify: untold_setting
select gameday.open();
insert into audit_private.tenant_grant (tenant_id, role_name, granted_by)
select t.tenant_id, 'pg_monitor', 'operator' from gameday.target(name => 'kept') t;
select gameday.close();
