-- depends: 0014.verification
-- Where the log leaves for: sinks, who has approved them, how far each has come, and what a receiver refused.

-- A sink's place is in the log of all seals: those before log_index were delivered, and "place" events of that one.
create table audit_private.sink (
  sink_name text primary key check (sink_name ~ '^[a-z][a-z0-9_-]{0,62}$'),
  kind text not null,
  options jsonb not null,
  filter jsonb not null,
  tenant_ids uuid[],
  role_name name not null,
  digest text not null,
  carries_payloads boolean not null,
  begins_at_once boolean not null,
  purge_waits boolean not null,
  defined_at timestamptz not null default clock_timestamp(),
  defined_by text not null,
  log_index bigint not null,
  place integer not null default 0,
  process_id integer,
  seen_at timestamptz,
  acknowledged_at timestamptz,
  error text,
  error_at timestamptz
);
comment on table audit_private.sink is 'where events are shipped to, and how far each has come';
comment on column audit_private.sink.sink_name is 'the sink';
comment on column audit_private.sink.kind is 'how it is shipped; sink_kinds lists them';
comment on column audit_private.sink.options is 'format, address and the like, never a secret; sink_options lists them';
comment on column audit_private.sink.filter is 'which events, as in a search; its times as they were in the time zone of who defined it';
comment on column audit_private.sink.tenant_ids is 'whose events; null for every tenant''s';
comment on column audit_private.sink.role_name is 'the one role that may read it, by exact name';
comment on column audit_private.sink.digest is 'SHA-256 of the definition in hexadecimal: what is approved';
comment on column audit_private.sink.carries_payloads is 'whole events, which wait for the tenant''s approval, in place of envelopes';
comment on column audit_private.sink.begins_at_once is
  'a tenant''s events are shipped from where the sink has come to; else from the first one kept';
comment on column audit_private.sink.purge_waits is 'a purge leaves events that it has not delivered';
comment on column audit_private.sink.defined_at is 'when it was defined';
comment on column audit_private.sink.defined_by is 'login and SET ROLE role';
comment on column audit_private.sink.log_index is 'the seal that it has come to';
comment on column audit_private.sink.place is 'events of that seal that it has passed';
comment on column audit_private.sink.process_id is 'server process of its consumer';
comment on column audit_private.sink.seen_at is 'when its consumer was last heard of';
comment on column audit_private.sink.acknowledged_at is 'when something was last acknowledged';
comment on column audit_private.sink.error is 'what went wrong last, by the consumer''s word; null once something is acknowledged';
comment on column audit_private.sink.error_at is 'when that was';

-- Sealed events of the tenant from its place on are its backlog, up to where it takes part in the sink with all others: the
-- consumer sets that when it first reads after the approval.
create table audit_private.sink_approval (
  tenant_id uuid not null references audit_private.tenant,
  sink_name text not null references audit_private.sink on delete cascade,
  digest text not null,
  reason text not null,
  approved_at timestamptz not null default clock_timestamp(),
  approved_by text not null,
  ended_at timestamptz,
  log_index bigint not null,
  place integer not null default 0,
  until_log_index bigint,
  primary key (tenant_id, sink_name)
);
comment on table audit_private.sink_approval is 'tenants that let a sink carry their payloads';
comment on column audit_private.sink_approval.tenant_id is 'whose events';
comment on column audit_private.sink_approval.sink_name is 'the sink';
comment on column audit_private.sink_approval.digest is 'the definition that was approved';
comment on column audit_private.sink_approval.reason is 'why';
comment on column audit_private.sink_approval.approved_at is 'when';
comment on column audit_private.sink_approval.approved_by is 'login and SET ROLE role';
comment on column audit_private.sink_approval.ended_at is
  'when it was withdrawn, or lapsed since the sink changed; null while it holds';
comment on column audit_private.sink_approval.log_index is
  'the seal that its backlog has come to, or after it has ended the sink; another approval goes on from there';
comment on column audit_private.sink_approval.place is 'events of that seal that it has passed';
comment on column audit_private.sink_approval.until_log_index is
  'the seal from which on it takes part with all others; null until the consumer has read since it was approved';

create sequence audit_private.retry_number as bigint;
comment on sequence audit_private.retry_number is 'orders the events that are to be tried again';

create table audit_private.dead_letter (
  tenant_id uuid not null references audit_private.tenant,
  sink_name text not null references audit_private.sink on delete cascade,
  occurred_at timestamptz not null,
  event_id uuid not null,
  refusals integer not null default 1,
  first_refused_at timestamptz not null default clock_timestamp(),
  last_refused_at timestamptz not null default clock_timestamp(),
  error text not null,
  retry_number bigint,
  primary key (tenant_id, sink_name, event_id)
);
create index dead_letter_retry_number_idx on audit_private.dead_letter (tenant_id, sink_name, retry_number)
  where retry_number is not null;
comment on table audit_private.dead_letter is 'events that a receiver refused, until they are delivered or given up';
comment on column audit_private.dead_letter.tenant_id is 'whose event';
comment on column audit_private.dead_letter.sink_name is 'the sink';
comment on column audit_private.dead_letter.occurred_at is 'the event''s time';
comment on column audit_private.dead_letter.event_id is 'the event';
comment on column audit_private.dead_letter.refusals is 'how often it was given up';
comment on column audit_private.dead_letter.first_refused_at is 'when first';
comment on column audit_private.dead_letter.last_refused_at is 'when last';
comment on column audit_private.dead_letter.error is 'the receiver''s words, by the consumer''s';
comment on column audit_private.dead_letter.retry_number is 'it is to be tried again, in this order; null while it isn''t';

-- What a format is made of. Of an envelope alone, the rest is null.
create type audit_private.delivered_event as (
  tenant_id uuid,
  tenant_name text,
  occurred_at timestamptz,
  id uuid,
  recorded_at timestamptz,
  sequence bigint,
  transaction_id bigint,
  source text,
  category text,
  action text,
  action_title text,
  entity_type text,
  entity_id text,
  actor_type text,
  actor_id text,
  actor jsonb,
  description text,
  target jsonb,
  changes jsonb,
  metadata jsonb,
  outcome text,
  error_message text,
  ip inet,
  user_agent text,
  request_id text,
  recorded_by text
);
comment on type audit_private.delivered_event is 'an event as formats of sinks take it';
grant usage on type audit_private.delivered_event to audit_keeper;

alter table audit_private.purge_receipt add column kept_by_sink bigint not null default 0;
comment on column audit_private.purge_receipt.kept_by_sink is 'due, but not delivered by a sink for which purges wait';

alter table audit_private.sink_approval enable row level security;
alter table audit_private.sink_approval force row level security;
alter table audit_private.dead_letter enable row level security;
alter table audit_private.dead_letter force row level security;

create policy "Approvals are visible to their tenant and to operators" on audit_private.sink_approval
  to audit_owner
  using (tenant_id = (select audit_private.visible_tenant()) or (select audit_private.sees_all_tenants()));
create policy "The keeper delivers" on audit_private.sink_approval
  to audit_keeper using (true);
create policy "Backups are complete" on audit_private.sink_approval
  for select to audit_backup using (true);

create policy "Dead letters are visible to their tenant and to operators" on audit_private.dead_letter
  to audit_owner
  using (tenant_id = (select audit_private.visible_tenant()) or (select audit_private.sees_all_tenants()));
create policy "The keeper delivers" on audit_private.dead_letter
  to audit_keeper using (true);
create policy "Backups are complete" on audit_private.dead_letter
  for select to audit_backup using (true);

create policy "The keeper names tenants" on audit_private.tenant
  for select to audit_keeper using (true);

grant select, update on audit_private.sink to audit_keeper;
grant select, update on audit_private.sink_approval to audit_keeper;
grant select, insert, update, delete on audit_private.dead_letter to audit_keeper;
grant select on audit_private.sink to audit_finder;
