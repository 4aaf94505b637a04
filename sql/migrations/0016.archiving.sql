-- depends: 0015.sinks
-- Files that events were archived in, which events stand in which, and how long events stay in the database besides.

create table audit_private.archived_file (
  tenant_id uuid not null references audit_private.tenant,
  file_id uuid not null default gen_random_uuid(),
  sink_name text not null,
  address text not null,
  file text not null check (file <> ''),
  day date not null,
  rows bigint not null check (rows > 0),
  bytes bigint not null check (bytes > 0),
  sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
  first_at timestamptz not null,
  last_at timestamptz not null,
  actions text[] not null,
  read_at timestamptz not null,
  noted_at timestamptz not null default clock_timestamp(),
  noted_by text not null,
  is_told boolean not null default false,
  removed_at timestamptz,
  removed_by text,
  removal text check (removal in ('expired', 'rewritten')),
  primary key (tenant_id, file_id)
);
create unique index archived_file_file_idx on audit_private.archived_file (tenant_id, sink_name, address, file);
create index archived_file_day_idx on audit_private.archived_file (tenant_id, day);
comment on table audit_private.archived_file is
  'files that a sink has written, read back and found right; the row stays when the file goes';
comment on column audit_private.archived_file.tenant_id is 'whose events';
comment on column audit_private.archived_file.file_id is 'the file';
comment on column audit_private.archived_file.sink_name is 'the sink';
comment on column audit_private.archived_file.address is 'where the sink wrote its files then';
comment on column audit_private.archived_file.file is 'path below the address';
comment on column audit_private.archived_file.day is 'the day in UTC on which its events occurred';
comment on column audit_private.archived_file.rows is 'events in it';
comment on column audit_private.archived_file.bytes is 'its size';
comment on column audit_private.archived_file.sha256 is 'of the file, in hexadecimal';
comment on column audit_private.archived_file.first_at is 'time of its first event';
comment on column audit_private.archived_file.last_at is 'time of its last event';
comment on column audit_private.archived_file.actions is 'actions of its events, which say which floors and holds keep it';
comment on column audit_private.archived_file.read_at is
  'when its events were read: what was erased later stands in it all the same';
comment on column audit_private.archived_file.noted_at is 'when it was noted';
comment on column audit_private.archived_file.noted_by is 'login and SET ROLE role';
comment on column audit_private.archived_file.is_told is 'an event tells of it and its hash';
comment on column audit_private.archived_file.removed_at is 'since when it is to be gone; null while it is kept';
comment on column audit_private.archived_file.removed_by is 'login and SET ROLE role';
comment on column audit_private.archived_file.removal is 'expired, or rewritten into another file';

-- As part_removal: which places of a list stand in a file.
create table audit_private.archived_part (
  tenant_id uuid not null,
  seal_number bigint not null,
  part integer not null,
  file_id uuid not null,
  places bit(1024) not null,
  primary key (tenant_id, seal_number, part, file_id)
);
create index archived_part_file_id_idx on audit_private.archived_part (tenant_id, file_id);
comment on table audit_private.archived_part is 'which events of a part of a seal stand in a file, or did until it was removed';
comment on column audit_private.archived_part.tenant_id is 'whose events';
comment on column audit_private.archived_part.seal_number is 'the seal';
comment on column audit_private.archived_part.part is 'the part of its list';
comment on column audit_private.archived_part.file_id is 'the file';
comment on column audit_private.archived_part.places is 'their places in the part, from the left';

create table audit_private.hot_policy (
  tenant_id uuid not null references audit_private.tenant,
  takes_effect_at timestamptz not null,
  days integer check (days between 1 and 2555),
  sink_name text,
  reason text not null,
  set_at timestamptz not null default clock_timestamp(),
  set_by text not null,
  primary key (tenant_id, takes_effect_at),
  check ((days is null) = (sink_name is null))
);
comment on table audit_private.hot_policy is
  'how long each tenant''s events stay in the database once they are archived; the latest that has taken effect is in force';
comment on column audit_private.hot_policy.tenant_id is 'the tenant';
comment on column audit_private.hot_policy.takes_effect_at is 'a policy that shortens waits until then';
comment on column audit_private.hot_policy.days is
  'archived events older than this leave the database; null keeps them as long as the retention says';
comment on column audit_private.hot_policy.sink_name is 'the sink that archives them';
comment on column audit_private.hot_policy.reason is 'why it was set';
comment on column audit_private.hot_policy.set_at is 'when';
comment on column audit_private.hot_policy.set_by is 'login and SET ROLE role';

alter table audit_private.purge_receipt
  add column hot_days integer,
  add column hot_cutoff timestamptz;
comment on column audit_private.purge_receipt.hot_days is 'archived events of that age were due as well; null when none were';
comment on column audit_private.purge_receipt.hot_cutoff is 'archived events strictly older were due';

alter table audit_private.archived_file enable row level security;
alter table audit_private.archived_file force row level security;
alter table audit_private.archived_part enable row level security;
alter table audit_private.archived_part force row level security;
alter table audit_private.hot_policy enable row level security;
alter table audit_private.hot_policy force row level security;

create policy "Files are told to their tenant and to operators" on audit_private.archived_file
  for select to audit_owner
  using (tenant_id = (select audit_private.visible_tenant()) or (select audit_private.sees_all_tenants()));
create policy "The keeper notes files" on audit_private.archived_file
  to audit_keeper using (true);
create policy "Backups are complete" on audit_private.archived_file
  for select to audit_backup using (true);

create policy "The keeper notes files" on audit_private.archived_part
  to audit_keeper using (true);
create policy "The finder verifies" on audit_private.archived_part
  for select to audit_finder using (true);
create policy "Backups are complete" on audit_private.archived_part
  for select to audit_backup using (true);

create policy "Policies are visible to their tenant and to operators" on audit_private.hot_policy
  to audit_owner
  using (tenant_id = (select audit_private.visible_tenant()) or (select audit_private.sees_all_tenants()));
create policy "Engine roles decide by policies" on audit_private.hot_policy
  for select to audit_finder, audit_keeper using (true);
create policy "Backups are complete" on audit_private.hot_policy
  for select to audit_backup using (true);

create policy "The keeper tells of erasures" on audit_private.erased_event
  for select to audit_keeper using (true);

revoke insert, update, delete, truncate on audit_private.archived_file from audit_owner;
revoke select, insert, update, delete, truncate on audit_private.archived_part from audit_owner;
grant select, insert, update on audit_private.archived_file to audit_keeper;
grant select, insert on audit_private.archived_part to audit_keeper;
grant select on audit_private.archived_part to audit_finder;
grant select on audit_private.hot_policy to audit_finder, audit_keeper;
grant select on audit_private.erased_event to audit_keeper;
