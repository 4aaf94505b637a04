-- A trigger that refuses changes is turned off.
-- sv: En utlösare som vägrar ändringar stängs av.
-- doctor: objects_unchanged
-- each: event disable trigger event_refuse_change
-- each: seal disable trigger seal_refuse_change
-- each: tenant_grant disable trigger tenant_grant_bind_roles
alter table audit_private.{each};
