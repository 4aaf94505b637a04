-- A partition of events is taken out of the log, and kept elsewhere.
-- sv: En partition med händelser tas ur loggen och sparas någon annanstans.
-- verify: missing_event
-- doctor: objects_unchanged
do $$
begin
  execute format('alter table audit_private.event detach partition %s', (
    select e.tableoid::regclass from audit_private.event e
    join gameday.target t on t.tenant_id = e.tenant_id and t.occurred_at = e.occurred_at and t.id = e.id
    where t.name = 'imported'));
end
$$;
