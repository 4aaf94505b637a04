-- depends: 0012.integrity
-- What was erased, when and why: who it was stands nowhere.

create table audit_private.erasure (
  tenant_id uuid not null references audit_private.tenant,
  erasure_id uuid not null default gen_random_uuid(),
  kind text not null check (kind in ('subject', 'events', 'replay', 'data')),
  reason text not null,
  requested_at timestamptz not null default clock_timestamp(),
  requested_by text not null,
  erased bigint not null default 0,
  held bigint not null default 0,
  exports bigint not null default 0,
  primary key (tenant_id, erasure_id)
);
comment on table audit_private.erasure is 'each erasure; neither identifiers nor digests of them';
comment on column audit_private.erasure.tenant_id is 'whose events';
comment on column audit_private.erasure.erasure_id is 'the erasure';
comment on column audit_private.erasure.kind is
  'subject: a person; events: what a filter found; replay: once more, after a restore; data: rows of the application went';
comment on column audit_private.erasure.reason is 'why';
comment on column audit_private.erasure.requested_at is 'when it was asked for';
comment on column audit_private.erasure.requested_by is 'login and SET ROLE role';
comment on column audit_private.erasure.erased is 'events of which it has erased something by now';
comment on column audit_private.erasure.held is 'events that a hold kept from it, and that go when that is released';
comment on column audit_private.erasure.exports is 'exports that were ended and emptied with it';

-- Kept for good, also when the event has gone: it holds nothing about anybody, and an older backup may come back.
create table audit_private.erased_event (
  tenant_id uuid not null,
  erasure_id uuid not null,
  occurred_at timestamptz not null,
  event_id uuid not null,
  groups text[] not null,
  erased_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, erasure_id, event_id),
  foreign key (tenant_id, erasure_id) references audit_private.erasure
);
create index erased_event_occurred_at_idx on audit_private.erased_event (occurred_at);
comment on table audit_private.erased_event is
  'which groups of which event were erased, but for those of rows under data retention; what the ledger tells of erasures';
comment on column audit_private.erased_event.tenant_id is 'whose event';
comment on column audit_private.erased_event.erasure_id is 'the erasure';
comment on column audit_private.erased_event.occurred_at is 'the event''s time';
comment on column audit_private.erased_event.event_id is 'the event';
comment on column audit_private.erased_event.groups is 'actor_id, entity_id or payload';
comment on column audit_private.erased_event.erased_at is 'when';

create table audit_private.pending_erasure (
  tenant_id uuid not null,
  erasure_id uuid not null,
  occurred_at timestamptz not null,
  event_id uuid not null,
  groups text[] not null,
  pseudonym text,
  is_held boolean not null default false,
  primary key (tenant_id, erasure_id, occurred_at, event_id),
  foreign key (tenant_id, erasure_id) references audit_private.erasure
);
comment on table audit_private.pending_erasure is
  'what an erasure has found; between transactions only what a hold keeps, by key and never by whom';
comment on column audit_private.pending_erasure.tenant_id is 'whose event';
comment on column audit_private.pending_erasure.erasure_id is 'the erasure';
comment on column audit_private.pending_erasure.occurred_at is 'the event''s time';
comment on column audit_private.pending_erasure.event_id is 'the event';
comment on column audit_private.pending_erasure.groups is 'actor_id, entity_id or payload';
comment on column audit_private.pending_erasure.pseudonym is 'random; stands for the actor afterwards';
comment on column audit_private.pending_erasure.is_held is 'a hold keeps it for now';

alter table audit_private.legal_hold add column awaiting_erasure text[] not null default '{}';
comment on column audit_private.legal_hold.awaiting_erasure is
  'which of name, filter and reason tell of somebody who was erased; they go when the hold is released';

alter table audit_private.data_purge_receipt add column erased bigint not null default 0;
comment on column audit_private.data_purge_receipt.erased is
  'events of which the values were erased that were captured from the rows removed';

alter table audit_private.erasure enable row level security;
alter table audit_private.erasure force row level security;
alter table audit_private.erased_event enable row level security;
alter table audit_private.erased_event force row level security;
alter table audit_private.pending_erasure enable row level security;
alter table audit_private.pending_erasure force row level security;

create policy "Erasures are visible to their tenant and to operators" on audit_private.erasure
  to audit_owner
  using (tenant_id = (select audit_private.visible_tenant()) or (select audit_private.sees_all_tenants()));
create policy "Backups are complete" on audit_private.erasure
  for select to audit_backup using (true);

create policy "Erased events are told to their tenant and to operators" on audit_private.erased_event
  for select to audit_owner
  using (tenant_id = (select audit_private.visible_tenant()) or (select audit_private.sees_all_tenants()));
create policy "The keeper notes what it has erased" on audit_private.erased_event
  for insert to audit_keeper with check (true);
create policy "Backups are complete" on audit_private.erased_event
  for select to audit_backup using (true);

create policy "What waits is counted for its tenant and for operators" on audit_private.pending_erasure
  for select to audit_owner
  using (tenant_id = (select audit_private.visible_tenant()) or (select audit_private.sees_all_tenants()));
create policy "The keeper notes what it is to erase" on audit_private.pending_erasure
  to audit_keeper using (true) with check (true);
create policy "Backups are complete" on audit_private.pending_erasure
  for select to audit_backup using (true);

-- Persons are named beside the events, too.
create policy "The keeper erases" on audit_private.idempotency_key
  for delete to audit_keeper using (true);
create policy "The keeper reads what it decides on" on audit_private.idempotency_key
  for select to audit_keeper using (true);
create policy "The keeper erases" on audit_private.capture_spool
  for update to audit_keeper using (true);
create policy "The keeper reads what it decides on" on audit_private.capture_spool
  for select to audit_keeper using (true);
grant select, delete on audit_private.idempotency_key to audit_keeper;
grant select,
  update (entity_id, description, changes, target, metadata, actor_id, actor, error)
  on audit_private.capture_spool to audit_keeper;

revoke insert, update, delete, truncate on audit_private.erased_event, audit_private.pending_erasure from audit_owner;
grant insert on audit_private.erased_event to audit_keeper;
grant select, insert, update, delete on audit_private.pending_erasure to audit_keeper;
