-- A partition of events is emptied.
-- sv: En partition med händelser töms.
-- verify: missing_event
select gameday.open();
do $$
declare
  partition constant regclass := (
    select e.tableoid from audit_private.event e
    join gameday.target t on t.tenant_id = e.tenant_id and t.occurred_at = e.occurred_at and t.id = e.id
    where t.name = 'imported');
begin
  execute format('alter table %s disable trigger user', partition);
  execute format('truncate %s', partition);
end
$$;
select gameday.close();
