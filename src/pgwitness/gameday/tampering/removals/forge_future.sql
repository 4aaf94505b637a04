-- Events are passed off as purged by a run of the future, which has yet to end.
-- sv: Händelser görs till gallrade av en körning i framtiden, som ännu inte har slutat.
-- verify: unexplained_purge
select gameday.open();
select gameday.forge_removal(tenant => t.tenant_id, seal => t.seal_number, run => '99999999-9999-4999-8999-999999999999')
from gameday.target(name => 'imported') t;
insert into audit_private.job_run (run_id, job_name, started_at, last_step_at, finished_at, result, process_id, run_by)
values ('99999999-9999-4999-8999-999999999999', 'purge_events', now() + interval '10 years', now() + interval '10 years', null, 'running', 1, 'operator');
insert into audit_private.purge_receipt (
  tenant_id, run_id, days, is_exact, cutoff, predicted, removed, oldest_removed_at, newest_removed_at, is_told)
select r.tenant_id, r.run_id, 365, false, now() + interval '1 year', r.removed, r.removed, s.first_at, s.last_at, false
from audit_private.seal_removal r
join audit_private.seal s on s.tenant_id = r.tenant_id and s.seal_number = r.first_seal
where r.run_id = '99999999-9999-4999-8999-999999999999';
select gameday.close();
