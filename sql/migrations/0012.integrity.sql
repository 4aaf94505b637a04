-- depends: 0011.exports
-- What makes the log provable: seals over its events, the tree over all seals, and what purges took out of seals.
-- sql/code/integrity/FORMAT.md says what is hashed.

create table audit_private.epoch (
  epoch integer primary key,
  began_at timestamptz not null default clock_timestamp(),
  kind text not null check (kind in ('installed', 'dump_restored', 'point_in_time', 'promoted')),
  incarnation text not null,
  timeline text not null,
  log_size bigint not null,
  last_sealed_at timestamptz,
  accepted_at timestamptz,
  accepted_by text,
  accept_reason text
);
comment on table audit_private.epoch is 'each life of the log: a restore begins a new one';
comment on column audit_private.epoch.epoch is 'part of the origin that seals and checkpoints name';
comment on column audit_private.epoch.began_at is 'when it was noticed';
comment on column audit_private.epoch.kind is
  'installed; dump_restored: another server, database or table; point_in_time: the same database from an earlier moment on; '
  'promoted: a standby took over';
comment on column audit_private.epoch.incarnation is 'server, database and table of events';
comment on column audit_private.epoch.timeline is 'of the write-ahead log, in hexadecimal';
comment on column audit_private.epoch.log_size is 'seals that the log had when it began';
comment on column audit_private.epoch.last_sealed_at is 'when the last of those was made';
comment on column audit_private.epoch.accepted_at is 'when a restore was declared; null while nothing may be removed';
comment on column audit_private.epoch.accepted_by is 'login and SET ROLE role';
comment on column audit_private.epoch.accept_reason is 'why it was restored';

-- One row, which a sealer locks. In the transaction numbers that events carry.
create table audit_private.sealing (
  is_only boolean primary key default true check (is_only),
  epoch integer not null default 0,
  sealed_at timestamptz,
  sealed_in xid8,
  snapshot_xmin bigint not null default 0,
  snapshot_xmax bigint not null default 0,
  snapshot_xips bigint[] not null default '{}',
  log_size bigint not null default 0,
  is_caught_up boolean not null default true,
  raised_in xid8
);
insert into audit_private.sealing default values;
comment on table audit_private.sealing is 'one row: what the last run of seal_events saw';
comment on column audit_private.sealing.is_only is 'always true, so that there is only one row';
comment on column audit_private.sealing.epoch is 'the epoch; 0 before the first run';
comment on column audit_private.sealing.sealed_at is 'when it last ran';
comment on column audit_private.sealing.sealed_in is 'the transaction that did';
comment on column audit_private.sealing.snapshot_xmin is 'all earlier transactions had ended';
comment on column audit_private.sealing.snapshot_xmax is 'this transaction and all later ones had not begun';
comment on column audit_private.sealing.snapshot_xips is 'transactions between those two that had not ended';
comment on column audit_private.sealing.log_size is 'seals in the log';
comment on column audit_private.sealing.is_caught_up is
  'false until a run of this epoch has sealed what an earlier one left unsealed';
comment on column audit_private.sealing.raised_in is
  'the transaction that raised the offset of transaction numbers last; one with an older snapshot may use the old one';

create table audit_private.seal (
  tenant_id uuid not null references audit_private.tenant,
  seal_number bigint not null,
  log_index bigint not null,
  epoch integer not null,
  sealed_at timestamptz not null,
  snapshot text not null,
  event_count bigint not null,
  running_count bigint not null,
  first_at timestamptz,
  last_at timestamptz,
  events_root bytea not null,
  previous bytea not null,
  seal_hash bytea not null,
  primary key (tenant_id, seal_number)
);
create index seal_last_at_idx on audit_private.seal (tenant_id, last_at);
create index seal_long_idx on audit_private.seal (tenant_id, last_at) where last_at - first_at > interval '1 hour';
create index seal_log_index_idx on audit_private.seal (log_index);
create index seal_sealed_at_idx on audit_private.seal using brin (sealed_at);
comment on table audit_private.seal is 'a tenant''s chain: each seal covers what was committed since the one before; never removed';
comment on column audit_private.seal.tenant_id is 'whose events';
comment on column audit_private.seal.seal_number is 'from 1 on, without a gap';
comment on column audit_private.seal.log_index is 'its place in the log of all seals, from 0';
comment on column audit_private.seal.epoch is 'the epoch in which it was made';
comment on column audit_private.seal.sealed_at is 'when';
comment on column audit_private.seal.snapshot is 'it covers what this snapshot saw and the one before did not';
comment on column audit_private.seal.event_count is 'events that it covers; a seal of none says that nothing happened';
comment on column audit_private.seal.running_count is 'events that it and all seals before it cover';
comment on column audit_private.seal.first_at is 'time of its first event';
comment on column audit_private.seal.last_at is 'time of its last event';
comment on column audit_private.seal.events_root is 'root of the tree of its leaves';
comment on column audit_private.seal.previous is 'hash of the tenant''s seal before it; zeroes for the first';
comment on column audit_private.seal.seal_hash is 'hash of all that';

create table audit_private.seal_part (
  tenant_id uuid not null,
  seal_number bigint not null,
  part integer not null,
  event_count integer not null,
  first_at timestamptz not null,
  last_at timestamptz not null,
  root bytea not null,
  times timestamptz[] not null,
  ids uuid[] not null,
  leaves bytea not null,
  primary key (tenant_id, seal_number, part)
);
-- Hashes don't compress, and trying to costs more than all the rest.
alter table audit_private.seal_part
  alter column times set storage external, alter column ids set storage external, alter column leaves set storage external;
comment on table audit_private.seal_part is
  'the lists of seals, 1024 events a row; they go when the last event of the seal has gone';
comment on column audit_private.seal_part.tenant_id is 'whose events';
comment on column audit_private.seal_part.seal_number is 'the seal';
comment on column audit_private.seal_part.part is 'place in the list, from 0';
comment on column audit_private.seal_part.event_count is 'events in this part; 1024 in all but the last';
comment on column audit_private.seal_part.first_at is 'time of its first event';
comment on column audit_private.seal_part.last_at is 'time of its last event';
comment on column audit_private.seal_part.root is 'root of the tree of its leaves';
comment on column audit_private.seal_part.times is 'occurred_at of each event, ascending';
comment on column audit_private.seal_part.ids is 'id of each event, in the same order';
comment on column audit_private.seal_part.leaves is 'leaf of each event, 32 bytes each, in the same order';

-- What a purge takes out of seals: whole ones by their numbers, others by the places in their lists.
create table audit_private.seal_removal (
  tenant_id uuid not null,
  first_seal bigint not null,
  last_seal bigint not null,
  run_id uuid not null,
  removed bigint not null,
  primary key (tenant_id, last_seal)
);
create index seal_removal_run_id_idx on audit_private.seal_removal (tenant_id, run_id);
comment on table audit_private.seal_removal is 'seals of which a purge has removed all events that were left';
comment on column audit_private.seal_removal.tenant_id is 'whose events';
comment on column audit_private.seal_removal.first_seal is 'first of a row of seals';
comment on column audit_private.seal_removal.last_seal is 'last of the row';
comment on column audit_private.seal_removal.run_id is 'the purge, whose receipt and event explain it';
comment on column audit_private.seal_removal.removed is 'events removed';

create table audit_private.part_removal (
  tenant_id uuid not null,
  seal_number bigint not null,
  part integer not null,
  run_id uuid not null,
  removed integer not null,
  places bit(1024) not null,
  primary key (tenant_id, seal_number, part, run_id)
);
create index part_removal_run_id_idx on audit_private.part_removal (tenant_id, run_id);
comment on table audit_private.part_removal is 'which events of a part of a seal a purge has removed';
comment on column audit_private.part_removal.tenant_id is 'whose events';
comment on column audit_private.part_removal.seal_number is 'the seal';
comment on column audit_private.part_removal.part is 'the part of its list';
comment on column audit_private.part_removal.run_id is 'the purge, whose receipt and event explain it';
comment on column audit_private.part_removal.removed is 'events removed';
comment on column audit_private.part_removal.places is 'their places in the part, from the left';

create table audit_private.tree_node (
  level smallint not null,
  position bigint not null,
  hash bytea not null,
  primary key (level, position)
);
comment on table audit_private.tree_node is
  'the log: the tree of RFC 6962 over all seals, of which those nodes are kept that never change again';
comment on column audit_private.tree_node.level is '0 for seals; a node stands for 2 ^ level of them';
comment on column audit_private.tree_node.position is 'from the left, from 0';
comment on column audit_private.tree_node.hash is 'the node''s hash';

create type audit_private.finding as (
  kind text,
  tenant_id uuid,
  seal_number bigint,
  event_id uuid,
  occurred_at timestamptz,
  detail text
);
comment on type audit_private.finding is 'something that verifying the log found wrong, and where';
grant usage on type audit_private.finding to audit_finder;

create trigger seal_refuse_change
  before update or delete or truncate on audit_private.seal
  for each statement execute function audit_private.refuse_change();
create trigger tree_node_refuse_change
  before update or delete or truncate on audit_private.tree_node
  for each statement execute function audit_private.refuse_change();
create trigger seal_removal_refuse_change
  before update or delete or truncate on audit_private.seal_removal
  for each statement execute function audit_private.refuse_change();
create trigger part_removal_refuse_change
  before update or delete or truncate on audit_private.part_removal
  for each statement execute function audit_private.refuse_change();
create trigger seal_part_refuse_change
  before update or delete or truncate on audit_private.seal_part
  for each statement execute function audit_private.refuse_change();
alter table audit_private.seal enable always trigger seal_refuse_change;
alter table audit_private.tree_node enable always trigger tree_node_refuse_change;
alter table audit_private.seal_removal enable always trigger seal_removal_refuse_change;
alter table audit_private.part_removal enable always trigger part_removal_refuse_change;
alter table audit_private.seal_part enable always trigger seal_part_refuse_change;

alter table audit_private.seal enable row level security;
alter table audit_private.seal force row level security;
alter table audit_private.seal_part enable row level security;
alter table audit_private.seal_part force row level security;
alter table audit_private.seal_removal enable row level security;
alter table audit_private.seal_removal force row level security;
alter table audit_private.part_removal enable row level security;
alter table audit_private.part_removal force row level security;

create policy "Seals are visible to their tenant and to operators" on audit_private.seal
  for select to audit_owner
  using (tenant_id = (select audit_private.visible_tenant()) or (select audit_private.sees_all_tenants()));
create policy "The finder seals" on audit_private.seal
  to audit_finder using (true) with check (true);
create policy "The keeper notes what it removes" on audit_private.seal
  for select to audit_keeper using (true);
create policy "Backups are complete" on audit_private.seal
  for select to audit_backup using (true);

create policy "The finder seals" on audit_private.seal_part
  to audit_finder using (true) with check (true);
create policy "The keeper notes what it removes" on audit_private.seal_part
  to audit_keeper using (true);
create policy "Backups are complete" on audit_private.seal_part
  for select to audit_backup using (true);

create policy "The finder verifies" on audit_private.seal_removal
  for select to audit_finder using (true);
create policy "The keeper notes what it removes" on audit_private.seal_removal
  to audit_keeper using (true) with check (true);
create policy "Backups are complete" on audit_private.seal_removal
  for select to audit_backup using (true);

create policy "The finder verifies" on audit_private.part_removal
  for select to audit_finder using (true);
create policy "The keeper notes what it removes" on audit_private.part_removal
  to audit_keeper using (true) with check (true);
create policy "Backups are complete" on audit_private.part_removal
  for select to audit_backup using (true);

create policy "Seals are verified with their receipts" on audit_private.purge_receipt
  for select to audit_finder using (true);

revoke insert, update, delete, truncate
  on audit_private.seal, audit_private.seal_part, audit_private.seal_removal,
    audit_private.part_removal, audit_private.tree_node
  from audit_owner;
revoke select on audit_private.seal_part, audit_private.seal_removal, audit_private.part_removal from audit_owner;
grant select, insert on audit_private.seal, audit_private.seal_part, audit_private.tree_node to audit_finder;
grant select, update on audit_private.sealing to audit_finder;
grant select on audit_private.option, audit_private.action to audit_finder;
grant select
  on audit_private.epoch, audit_private.seal_removal, audit_private.part_removal, audit_private.purge_receipt,
    audit_private.job_run
  to audit_finder;
grant select on audit_private.seal, audit_private.epoch, audit_private.sealing to audit_keeper;
grant select, delete on audit_private.seal_part to audit_keeper;
grant select, insert on audit_private.seal_removal to audit_keeper;
grant select, insert, update on audit_private.part_removal to audit_keeper;
