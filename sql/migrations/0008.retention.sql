-- depends: 0007.capture
-- How long events are kept, what is held beyond that, who removed what, and the runs of the jobs that do it.

create table audit_private.retention_policy (
  tenant_id uuid not null references audit_private.tenant,
  takes_effect_at timestamptz not null,
  days integer check (days between 1 and 2555),
  is_exact boolean not null,
  reason text not null,
  set_at timestamptz not null default clock_timestamp(),
  set_by text not null,
  primary key (tenant_id, takes_effect_at)
);
comment on table audit_private.retention_policy is
  'policies of each tenant; the latest that has taken effect is in force, and 365 days where there is none';
comment on column audit_private.retention_policy.tenant_id is 'the tenant';
comment on column audit_private.retention_policy.takes_effect_at is 'a policy that shortens waits until then';
comment on column audit_private.retention_policy.days is 'events older than this go; null keeps them for ever';
comment on column audit_private.retention_policy.is_exact is
  'removed the night after they expire, instead of with their partition';
comment on column audit_private.retention_policy.reason is 'why it was set';
comment on column audit_private.retention_policy.set_at is 'when';
comment on column audit_private.retention_policy.set_by is 'login and SET ROLE role';

create table audit_private.retention_floor (
  category text not null references audit_private.category,
  takes_effect_at timestamptz not null,
  days integer check (days between 1 and 2555),
  reason text not null,
  set_at timestamptz not null default clock_timestamp(),
  set_by text not null,
  primary key (category, takes_effect_at)
);
comment on table audit_private.retention_floor is
  'how long events of a category are kept at least, whatever a tenant''s policy says; the latest that has taken effect is in force';
comment on column audit_private.retention_floor.category is 'the category';
comment on column audit_private.retention_floor.takes_effect_at is 'a floor that is lowered waits until then';
comment on column audit_private.retention_floor.days is 'the floor; null for none';
comment on column audit_private.retention_floor.reason is 'why it was set';
comment on column audit_private.retention_floor.set_at is 'when';
comment on column audit_private.retention_floor.set_by is 'login and SET ROLE role';

-- The filter as it was given, and its keys as columns: a hold has to be matched with events by the million.
create table audit_private.legal_hold (
  tenant_id uuid not null references audit_private.tenant,
  hold_id uuid not null default gen_random_uuid(),
  name text not null check (name <> ''),
  filter jsonb not null,
  sources text[],
  categories text[],
  actions text[],
  entity_types text[],
  actor_types text[],
  outcomes text[],
  actor_ids text[],
  entity_ids text[],
  ids uuid[],
  from_time timestamptz not null,
  until_time timestamptz not null,
  reason text not null,
  placed_at timestamptz not null default clock_timestamp(),
  placed_by text not null,
  released_at timestamptz,
  released_by text,
  release_reason text,
  primary key (tenant_id, hold_id)
);
create unique index legal_hold_name_idx on audit_private.legal_hold (tenant_id, name) where released_at is null;
comment on table audit_private.legal_hold is 'what nothing may remove or erase, also when it comes later';
comment on column audit_private.legal_hold.tenant_id is 'the tenant';
comment on column audit_private.legal_hold.hold_id is 'tells holds of one name apart, of which one at most stands';
comment on column audit_private.legal_hold.name is 'for people, such as a case number';
comment on column audit_private.legal_hold.filter is 'the filter as it was given';
comment on column audit_private.legal_hold.sources is 'sources held; null when any is';
comment on column audit_private.legal_hold.categories is 'categories of actions held; null when any is';
comment on column audit_private.legal_hold.actions is 'actions held; null when any is';
comment on column audit_private.legal_hold.entity_types is 'entity types held; null when any is';
comment on column audit_private.legal_hold.actor_types is 'actor types held; null when any is';
comment on column audit_private.legal_hold.outcomes is 'outcomes held; null when any is';
comment on column audit_private.legal_hold.actor_ids is 'actors held, among them perhaps null; null when any is';
comment on column audit_private.legal_hold.entity_ids is 'entities held, among them perhaps null; null when any is';
comment on column audit_private.legal_hold.ids is 'single events held; null when any is';
comment on column audit_private.legal_hold.from_time is 'first moment held';
comment on column audit_private.legal_hold.until_time is 'first moment after it that isn''t held';
comment on column audit_private.legal_hold.reason is 'why it was placed';
comment on column audit_private.legal_hold.placed_at is 'when';
comment on column audit_private.legal_hold.placed_by is 'login and SET ROLE role';
comment on column audit_private.legal_hold.released_at is 'since when it holds nothing; null while it stands';
comment on column audit_private.legal_hold.released_by is 'login and SET ROLE role';
comment on column audit_private.legal_hold.release_reason is 'why it was released';

create table audit_private.job_run (
  run_id uuid primary key default gen_random_uuid(),
  job_name text not null,
  started_at timestamptz not null default clock_timestamp(),
  last_step_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  result text not null default 'running' check (result in ('running', 'succeeded', 'failed', 'interrupted')),
  detail text,
  place jsonb,
  process_id integer not null,
  run_by text not null
);
create unique index job_run_running_idx on audit_private.job_run (job_name) where result = 'running';
create index job_run_job_name_idx on audit_private.job_run (job_name, started_at);
comment on table audit_private.job_run is 'each run of a job; one of a job at a time';
comment on column audit_private.job_run.run_id is 'the run';
comment on column audit_private.job_run.job_name is 'the procedure';
comment on column audit_private.job_run.started_at is 'when it began, which is also the moment that it decides by';
comment on column audit_private.job_run.last_step_at is 'when its last step committed';
comment on column audit_private.job_run.finished_at is 'when it ended, or was found to have died';
comment on column audit_private.job_run.result is 'running, succeeded, failed or interrupted';
comment on column audit_private.job_run.detail is 'what it did, or what went wrong';
comment on column audit_private.job_run.place is 'how far it has come';
comment on column audit_private.job_run.process_id is 'server process that runs it';
comment on column audit_private.job_run.run_by is 'login and SET ROLE role';

create table audit_private.purge_receipt (
  tenant_id uuid not null,
  run_id uuid not null,
  days integer,
  is_exact boolean not null,
  cutoff timestamptz,
  predicted bigint not null,
  removed bigint not null default 0,
  kept_by_floor bigint not null default 0,
  kept_by_hold bigint not null default 0,
  oldest_removed_at timestamptz,
  newest_removed_at timestamptz,
  is_last boolean not null default false,
  is_told boolean not null default false,
  error text,
  primary key (tenant_id, run_id)
);
create index purge_receipt_run_id_idx on audit_private.purge_receipt (run_id);
create index purge_receipt_is_told_idx on audit_private.purge_receipt (run_id) where not is_told and (removed > 0 or is_last);
comment on table audit_private.purge_receipt is 'what each run of purge_events removed of each tenant, also when it was nothing';
comment on column audit_private.purge_receipt.tenant_id is 'the tenant';
comment on column audit_private.purge_receipt.run_id is 'the run';
comment on column audit_private.purge_receipt.days is 'the policy in force; null kept everything';
comment on column audit_private.purge_receipt.is_exact is 'the policy in force';
comment on column audit_private.purge_receipt.cutoff is 'events strictly older were due';
comment on column audit_private.purge_receipt.predicted is 'events that the run set out to remove';
comment on column audit_private.purge_receipt.removed is 'events that it removed';
comment on column audit_private.purge_receipt.kept_by_floor is 'older than the cut-off, but their category is kept longer';
comment on column audit_private.purge_receipt.kept_by_hold is 'due, but held';
comment on column audit_private.purge_receipt.oldest_removed_at is 'time of the oldest event removed';
comment on column audit_private.purge_receipt.newest_removed_at is 'time of the newest event removed';
comment on column audit_private.purge_receipt.is_last is 'the tenant is retired, and no event of it is left';
comment on column audit_private.purge_receipt.is_told is 'an event tells of it';
comment on column audit_private.purge_receipt.error is 'what kept the run from removing some of them';

alter table audit_private.retention_policy enable row level security;
alter table audit_private.retention_policy force row level security;
alter table audit_private.legal_hold enable row level security;
alter table audit_private.legal_hold force row level security;
alter table audit_private.purge_receipt enable row level security;
alter table audit_private.purge_receipt force row level security;

create policy "Policies are visible to their tenant and to operators" on audit_private.retention_policy
  to audit_owner
  using (tenant_id = (select audit_private.visible_tenant()) or (select audit_private.sees_all_tenants()));
create policy "Engine roles decide by policies" on audit_private.retention_policy
  for select to audit_writer, audit_finder, audit_keeper using (true);
create policy "Backups are complete" on audit_private.retention_policy
  for select to audit_backup using (true);

create policy "Holds are visible to their tenant and to operators" on audit_private.legal_hold
  to audit_owner
  using (tenant_id = (select audit_private.visible_tenant()) or (select audit_private.sees_all_tenants()));
create policy "Engine roles respect holds" on audit_private.legal_hold
  for select to audit_finder, audit_keeper using (true);
create policy "Backups are complete" on audit_private.legal_hold
  for select to audit_backup using (true);

create policy "Receipts are visible to their tenant and to operators" on audit_private.purge_receipt
  for select to audit_owner
  using (tenant_id = (select audit_private.visible_tenant()) or (select audit_private.sees_all_tenants()));
create policy "The keeper gives receipts" on audit_private.purge_receipt
  to audit_keeper using (true) with check (true);
create policy "Backups are complete" on audit_private.purge_receipt
  for select to audit_backup using (true);

create policy "Retention is decided tenant by tenant" on audit_private.tenant
  for select to audit_finder, audit_keeper using (true);

revoke insert, update, delete, truncate on audit_private.purge_receipt from audit_owner;
grant select on audit_private.retention_floor to audit_finder, audit_keeper;
grant select on audit_private.retention_policy to audit_writer, audit_finder, audit_keeper;
grant select on audit_private.legal_hold to audit_finder, audit_keeper;
grant select, insert, update on audit_private.purge_receipt to audit_keeper;
grant select on audit_private.tenant to audit_finder;
grant select on audit_private.job_run, audit_private.tenant, audit_private.category, audit_private.action
  to audit_keeper;
