-- A partition of events is dropped.
-- sv: En partition med händelser slängs.
-- verify: missing_event
do $$
begin
  execute format('drop table %s', (
    select e.tableoid::regclass from audit_private.event e
    join gameday.target t on t.tenant_id = e.tenant_id and t.occurred_at = e.occurred_at and t.id = e.id
    where t.name = 'imported'));
end
$$;
