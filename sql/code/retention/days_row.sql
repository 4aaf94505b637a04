-- Row types of functions whose argument tenant_id would clash with a result column of that name.
create or replace view audit_private.days_row as
select t.tenant_id, t.name, p.days, p.is_exact, p.takes_effect_at as cutoff, p.set_at, p.set_by, p.reason,
  p.days as next_days, p.is_exact as next_is_exact, p.takes_effect_at as next_takes_effect_at, p.set_by as next_set_by,
  p.reason as next_reason, null::jsonb as floors, p.takes_effect_at as next_purge_at, p.days as hot_days,
  p.reason as hot_sink, p.days as next_hot_days, p.reason as next_hot_sink, p.takes_effect_at as next_hot_takes_effect_at
from audit_private.tenant t
cross join audit_private.retention_policy p
where false;
comment on view audit_private.days_row is 'row type of audit.list_retention; holds no rows';

create or replace view audit_private.preview_row as
select t.tenant_id, t.name, r.days, r.is_exact, r.cutoff, r.predicted as due, r.oldest_removed_at as oldest_at,
  r.newest_removed_at as newest_at, r.kept_by_floor, r.kept_by_hold, r.kept_by_sink, r.removed as waiting_for_partition,
  r.hot_days, r.hot_cutoff
from audit_private.tenant t
cross join audit_private.purge_receipt r
where false;
comment on view audit_private.preview_row is 'row type of audit.preview_purge; holds no rows';

create or replace view audit_private.purge_row as
select j.run_id, j.started_at, j.finished_at, r.tenant_id, t.name, r.days, r.is_exact, r.cutoff, r.predicted, r.removed,
  r.kept_by_floor, r.kept_by_hold, r.kept_by_sink, r.hot_days, r.hot_cutoff, r.oldest_removed_at, r.newest_removed_at, r.is_last,
  j.result, r.error, j.run_by
from audit_private.purge_receipt r
cross join audit_private.job_run j
cross join audit_private.tenant t
where false;
comment on view audit_private.purge_row is 'row type of audit.list_purges; holds no rows';
