-- depends: 0008.retention
-- Which tables of the application lose old rows, by whose days, what waits, and what has gone.

create table audit_private.data_retention (
  relation text primary key,
  object_name text not null unique,
  owner_name name not null,
  time_column text not null,
  tenant_column text,
  actor_column text,
  entity_type text,
  levels jsonb not null,
  children jsonb not null,
  decision text not null,
  source_digest text,
  objects_digest text,
  defined_at timestamptz not null default clock_timestamp(),
  defined_by text not null,
  armed_at timestamptz,
  armed_by text,
  approved_rows bigint,
  last_complete_at timestamptz
);
comment on table audit_private.data_retention is 'tables of the application whose old rows purge_data removes';
comment on column audit_private.data_retention.relation is 'schema and name of the table, quoted where needed';
comment on column audit_private.data_retention.object_name is
  'what the names of its view and functions in audit_data end with';
comment on column audit_private.data_retention.owner_name is 'its owner, who owns these as well';
comment on column audit_private.data_retention.time_column is 'column with the time that a row''s age counts from';
comment on column audit_private.data_retention.tenant_column is 'column with the tenant; null when it has none';
comment on column audit_private.data_retention.actor_column is 'column with the person that holds may name; null when it has none';
comment on column audit_private.data_retention.entity_type is 'what a row is to holds; null when every hold concerns it';
comment on column audit_private.data_retention.levels is 'where the days are read, in order: the first that are set win';
comment on column audit_private.data_retention.children is 'tables whose rows go with it, keep it, or go with the last of it';
comment on column audit_private.data_retention.decision is 'the disposal decision, which stands on each receipt';
comment on column audit_private.data_retention.source_digest is 'SHA-256 of the statements that made its view and functions';
comment on column audit_private.data_retention.objects_digest is 'SHA-256 of these as the server then held them';
comment on column audit_private.data_retention.defined_at is 'when it was last defined';
comment on column audit_private.data_retention.defined_by is 'login and SET ROLE role';
comment on column audit_private.data_retention.armed_at is 'since when rows go; null while none does';
comment on column audit_private.data_retention.armed_by is 'login and SET ROLE role';
comment on column audit_private.data_retention.approved_rows is
  'rows that may go beyond the usual share of the table, until a run has removed them';
comment on column audit_private.data_retention.last_complete_at is
  'moment by which the last run decided that went through the whole table; what it left is looked at twice';

create table audit_private.data_retention_group (
  relation text not null references audit_private.data_retention on delete cascade,
  group_key text not null,
  days integer,
  took_effect_at timestamptz not null,
  next_days integer,
  next_takes_effect_at timestamptz,
  primary key (relation, group_key)
);
comment on table audit_private.data_retention_group is
  'days in force for the rows below the same assistant, space and so on, and those that wait because they are shorter';
comment on column audit_private.data_retention_group.relation is 'the table under data retention';
comment on column audit_private.data_retention_group.group_key is 'keys of the levels'' rows';
comment on column audit_private.data_retention_group.days is 'days in force; null keeps for ever';
comment on column audit_private.data_retention_group.took_effect_at is 'since when';
comment on column audit_private.data_retention_group.next_days is 'shorter days that wait; null when none do';
comment on column audit_private.data_retention_group.next_takes_effect_at is 'until when';

create table audit_private.data_retention_wait (
  relation text not null references audit_private.data_retention on delete cascade,
  entity_id text not null,
  waits_until timestamptz not null,
  seen_at timestamptz not null,
  primary key (relation, entity_id)
);
comment on table audit_private.data_retention_wait is
  'rows that were due before the last run and are still there: newly due by a change of their own, such as another parent, or left over';
comment on column audit_private.data_retention_wait.relation is 'the table under data retention';
comment on column audit_private.data_retention_wait.entity_id is 'the row''s key, as events have it';
comment on column audit_private.data_retention_wait.waits_until is 'until when it isn''t removed';
comment on column audit_private.data_retention_wait.seen_at is 'moment of the last run that met it';

create table audit_private.data_retention_preview (
  relation text not null references audit_private.data_retention on delete cascade,
  previewed_by text not null,
  previewed_at timestamptz not null default clock_timestamp(),
  due bigint not null,
  group_keys text[] not null,
  group_days integer[] not null,
  primary key (relation, previewed_by)
);
comment on table audit_private.data_retention_preview is 'what a preview showed, which arming approves';
comment on column audit_private.data_retention_preview.relation is 'the table under data retention';
comment on column audit_private.data_retention_preview.previewed_by is 'login and SET ROLE role';
comment on column audit_private.data_retention_preview.previewed_at is 'when';
comment on column audit_private.data_retention_preview.due is 'rows that would have gone';
comment on column audit_private.data_retention_preview.group_keys is 'keys of the groups that it found';
comment on column audit_private.data_retention_preview.group_days is 'their days';

create table audit_private.data_purge_receipt (
  tenant_id uuid not null,
  run_id uuid not null references audit_private.job_run,
  relation text not null,
  decision text not null,
  started_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  predicted bigint not null default 0,
  removed bigint not null default 0,
  children_removed bigint not null default 0,
  waiting bigint not null default 0,
  kept_by_hold bigint not null default 0,
  kept_locked bigint not null default 0,
  failed bigint not null default 0,
  invalid bigint not null default 0,
  by_level jsonb not null default '{}',
  result text not null default 'running'
    check (result in ('running', 'succeeded', 'failed', 'stopped', 'skipped', 'interrupted')),
  error text,
  primary key (tenant_id, run_id, relation)
);
create index data_purge_receipt_run_id_idx on audit_private.data_purge_receipt (run_id, relation);
create index data_purge_receipt_started_at_idx on audit_private.data_purge_receipt (started_at);
create index data_purge_receipt_relation_idx on audit_private.data_purge_receipt (relation, started_at);
comment on table audit_private.data_purge_receipt is
  'what each run of purge_data removed of each table and tenant, also when it was nothing';
comment on column audit_private.data_purge_receipt.tenant_id is 'the rows'' tenant; the nil uuid for rows without';
comment on column audit_private.data_purge_receipt.run_id is 'the run';
comment on column audit_private.data_purge_receipt.relation is 'the table';
comment on column audit_private.data_purge_receipt.decision is 'the disposal decision then in force';
comment on column audit_private.data_purge_receipt.started_at is 'when the run came to the table';
comment on column audit_private.data_purge_receipt.finished_at is 'when it left it';
comment on column audit_private.data_purge_receipt.predicted is 'rows that it set out to remove';
comment on column audit_private.data_purge_receipt.removed is 'rows that it removed';
comment on column audit_private.data_purge_receipt.children_removed is 'rows of other tables that it removed with them';
comment on column audit_private.data_purge_receipt.waiting is 'rows that are due, but newly so by a shortened value';
comment on column audit_private.data_purge_receipt.kept_by_hold is 'rows that are due, but held';
comment on column audit_private.data_purge_receipt.kept_locked is 'rows that the application had locked; the next run''s';
comment on column audit_private.data_purge_receipt.failed is 'rows whose removal raised an error; skipped';
comment on column audit_private.data_purge_receipt.invalid is 'rows that are kept because a value makes no sense';
comment on column audit_private.data_purge_receipt.by_level is 'rows removed, by the level that their days came from';
comment on column audit_private.data_purge_receipt.result is
  'running, succeeded, failed, stopped (too large a share), skipped (the table has changed) or interrupted';
comment on column audit_private.data_purge_receipt.error is 'what went wrong';

alter table audit_private.data_purge_receipt enable row level security;
alter table audit_private.data_purge_receipt force row level security;
create policy "Receipts are visible to their tenant and to operators" on audit_private.data_purge_receipt
  to audit_owner
  using (tenant_id = (select audit_private.visible_tenant()) or (select audit_private.sees_all_tenants()));
create policy "Backups are complete" on audit_private.data_purge_receipt
  for select to audit_backup using (true);
