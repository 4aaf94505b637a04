-- depends: 0004.toggles
-- The events. Everything that is sealed later has its column here already, so that no release
-- rewrites this table.

-- Closed until sql/code gives them their text; the tenant wall and triggers call these names.
create function audit_private.readable_tenant() returns uuid
language sql stable as 'select null::uuid';
create function audit_private.readable_since() returns timestamptz
language sql stable as 'select null::timestamptz';
set local role audit_keeper;
create function audit_private.is_retained(
  tenant_id uuid, occurred_at timestamptz, id uuid, source text, action text, entity_type text, actor_type text,
  outcome text, actor_id text, entity_id text
) returns boolean
language sql stable as 'select false';
set local role audit_owner;
create function audit_private.refuse_change() returns trigger
language plpgsql as 'begin raise exception ''pgwitness is not wholly installed''; end';

create sequence audit_private.event_sequence as bigint;
comment on sequence audit_private.event_sequence is 'orders events of one entity that share a microsecond';
grant usage on sequence audit_private.event_sequence to audit_writer;

create table audit_private.event (
  tenant_id uuid not null,
  occurred_at timestamptz not null,
  id uuid not null,
  recorded_at timestamptz not null,
  sequence bigint not null,
  transaction_id bigint not null,
  salt uuid,
  source text not null,
  action text not null,
  entity_type text not null,
  actor_type text not null,
  outcome text not null,
  recorded_by text not null,
  actor_id text,
  entity_id text,
  description text,
  actor jsonb,
  target jsonb,
  changes jsonb,
  metadata jsonb,
  ip inet,
  user_agent text,
  request_id text,
  error_message text,
  actor_id_digest bytea,
  entity_id_digest bytea,
  payload_digest bytea,
  derived_salts bytea,
  primary key (tenant_id, occurred_at, id)
) partition by range (occurred_at);

-- Finds what a range of transactions wrote, at a thousandth of a B-tree's size.
create index event_transaction_id_idx on audit_private.event using brin (transaction_id);

comment on table audit_private.event is 'the log';
comment on column audit_private.event.tenant_id is 'envelope: whose event it is';
comment on column audit_private.event.occurred_at is 'envelope: when it happened';
comment on column audit_private.event.id is
  'envelope: UUIDv7 whose 12 bits after the version hold the microseconds, so that it gives occurred_at';
comment on column audit_private.event.recorded_at is 'envelope: when it was written';
comment on column audit_private.event.sequence is 'envelope: tie-breaker within one entity''s history';
comment on column audit_private.event.transaction_id is
  'envelope: number of the top-level transaction, plus the installation''s offset';
comment on column audit_private.event.source is 'envelope: logged, captured, imported or system';
comment on column audit_private.event.action is 'envelope: what was done';
comment on column audit_private.event.entity_type is 'envelope: to what kind of thing';
comment on column audit_private.event.actor_type is 'envelope: by what kind of actor';
comment on column audit_private.event.outcome is 'envelope: success or failure';
comment on column audit_private.event.recorded_by is
  'envelope: login, and SET ROLE role behind a slash; the one thing about the writer that isn''t a claim';
comment on column audit_private.event.actor_id is 'erasable: who did it';
comment on column audit_private.event.entity_id is 'erasable: to which thing';
comment on column audit_private.event.description is 'payload: the event in words';
comment on column audit_private.event.actor is 'payload: snapshot of the actor at that moment';
comment on column audit_private.event.target is
  'payload: snapshot of what was acted on, object or array; null means just type and id of the entity';
comment on column audit_private.event.changes is 'payload: column to {old, new}';
comment on column audit_private.event.metadata is 'payload: whatever else the application tells';
comment on column audit_private.event.ip is 'payload: address that the request came from';
comment on column audit_private.event.user_agent is 'payload: the client''s own name';
comment on column audit_private.event.request_id is 'payload: ties together what one request did';
comment on column audit_private.event.error_message is 'payload: why it failed';
comment on column audit_private.event.salt is 'makes digests of erasable values unguessable; dropped by an erasure';
comment on column audit_private.event.actor_id_digest is 'digest of an erased actor_id';
comment on column audit_private.event.entity_id_digest is 'digest of an erased entity_id';
comment on column audit_private.event.payload_digest is 'digest of an erased payload';
comment on column audit_private.event.derived_salts is 'salts of the groups that an erasure left';

-- Kept for a day: a repeat without a time of its own is found here.
create table audit_private.idempotency_key (
  tenant_id uuid not null,
  idempotency_key text not null,
  event_id uuid not null,
  content_digest bytea not null,
  logged_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, idempotency_key)
);
comment on table audit_private.idempotency_key is 'the last 24 hours'' keys of events without a given time';
comment on column audit_private.idempotency_key.tenant_id is 'the tenant';
comment on column audit_private.idempotency_key.idempotency_key is 'the caller''s key';
comment on column audit_private.idempotency_key.event_id is 'the event that it stands for';
comment on column audit_private.idempotency_key.content_digest is 'tells a repeat from other content under the same key';
comment on column audit_private.idempotency_key.logged_at is 'when the key was used first';

-- What free text is searched in. Values only, in a form that needs no setting; indexes of closed
-- partitions are built on it, so it never changes: a new text would be a new function.
create function audit_private.search_text_v1(description text, actor jsonb, target jsonb, metadata jsonb)
returns text
language sql
immutable
parallel safe
as $$
  select pg_catalog.concat_ws(
    E'\n',
    description,
    (
      select pg_catalog.string_agg(v.value #>> '{}', E'\n')
      from pg_catalog.jsonb_path_query(
        pg_catalog.jsonb_build_array(actor, target, metadata),
        'strict $.** ? (@.type() == "string" || @.type() == "number")'
      ) as v (value)
    )
  )
$$;
comment on function audit_private.search_text_v1(text, jsonb, jsonb, jsonb) is
  'the text that free search looks through: description and every value of the snapshots and the metadata';
grant execute on function audit_private.search_text_v1(text, jsonb, jsonb, jsonb)
  to audit_finder, audit_writer, audit_keeper;

create trigger event_refuse_change
  before update or delete or truncate on audit_private.event
  for each statement execute function audit_private.refuse_change();
alter table audit_private.event enable always trigger event_refuse_change;

alter table audit_private.event enable row level security;
alter table audit_private.event force row level security;
alter table audit_private.idempotency_key enable row level security;
alter table audit_private.idempotency_key force row level security;

create policy "Events leave only to their tenant, with a reason" on audit_private.event
  for select to audit_owner using (
    tenant_id = (select audit_private.readable_tenant())
    and (
      occurred_at >= (select audit_private.readable_since())
      or audit_private.is_retained(
        tenant_id, occurred_at, id, source, action, entity_type, actor_type, outcome, actor_id, entity_id)
    )
  );
create policy "The writer appends" on audit_private.event
  for insert to audit_writer with check (true);
create policy "The finder sees keys and hashes" on audit_private.event
  for select to audit_finder using (true);
create policy "The keeper reads what it decides on" on audit_private.event
  for select to audit_keeper using (true);
create policy "The keeper removes" on audit_private.event
  for delete to audit_keeper using (true);
create policy "The keeper puts survivors back" on audit_private.event
  for insert to audit_keeper with check (true);
create policy "The keeper erases" on audit_private.event
  for update to audit_keeper using (true);
create policy "Backups are complete" on audit_private.event
  for select to audit_backup using (true);

create policy "The writer keeps keys" on audit_private.idempotency_key
  to audit_writer using (true);
create policy "Backups are complete" on audit_private.idempotency_key
  for select to audit_backup using (true);

revoke insert, update, delete, truncate on audit_private.event from audit_owner;
grant insert on audit_private.event to audit_writer;
grant select on audit_private.event to audit_finder;
grant select, insert, delete,
  update (
    actor_id, entity_id, description, actor, target, changes, metadata, ip, user_agent, request_id,
    error_message, salt, actor_id_digest, entity_id_digest, payload_digest, derived_salts
  )
  on audit_private.event to audit_keeper;
grant select, insert, update, delete on audit_private.idempotency_key to audit_writer;
