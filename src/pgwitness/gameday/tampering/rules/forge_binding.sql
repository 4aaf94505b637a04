-- A role is bound to a tenant in the table that grants come to, so that no grant shows.
-- sv: En roll knyts till en organisation i tabellen över vad behörigheter leder till, så att ingen behörighet syns.
select gameday.open();
insert into audit_private.role_binding (role_name, is_service, tenant_ids, entity_types, transaction_offset, recorder)
select 'pg_monitor', false, array[t.tenant_id], '{}', 0, 'pg_monitor' from gameday.target(name => 'kept') t;
select gameday.close();
