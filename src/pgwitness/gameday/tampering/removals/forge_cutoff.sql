-- Events are passed off as purged, with a receipt whose cut-off fits them.
-- sv: Händelser görs till gallrade, med ett kvitto vars gräns passar dem.
-- verify: early_purge
select gameday.open();
select gameday.forge_removal(tenant => t.tenant_id, seal => t.seal_number, run => '99999999-9999-4999-8999-999999999999')
from gameday.target(name => 'imported') t;
insert into audit_private.job_run (run_id, job_name, started_at, last_step_at, finished_at, result, process_id, run_by)
values ('99999999-9999-4999-8999-999999999999', 'purge_events', now(), now(), now(), 'succeeded', 1, 'operator');
insert into audit_private.purge_receipt (
  tenant_id, run_id, days, is_exact, cutoff, predicted, removed, oldest_removed_at, newest_removed_at, is_told)
select r.tenant_id, r.run_id, 365, false, now() - interval '1 day', r.removed, r.removed, s.first_at, s.last_at, true
from audit_private.seal_removal r
join audit_private.seal s on s.tenant_id = r.tenant_id and s.seal_number = r.first_seal
where r.run_id = '99999999-9999-4999-8999-999999999999';
select audit_private.write_system_event(
  tenant_id => r.tenant_id, action => 'events_purged', entity_type => 'audit_retention', entity_id => r.run_id::text,
  description => 'Events removed',
  metadata => jsonb_strip_nulls(to_jsonb(r) - 'is_told')
    || jsonb_build_object('removals', audit_private.removals_digest(r.tenant_id, r.run_id)))
from audit_private.purge_receipt r
where r.run_id = '99999999-9999-4999-8999-999999999999';
select gameday.close();
