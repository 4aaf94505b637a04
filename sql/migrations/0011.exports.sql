-- depends: 0010.jobs
-- What is taken out of the log: who asked for it, how far it has come, and for a day the content itself.

create table audit_private.export (
  tenant_id uuid not null references audit_private.tenant,
  export_id uuid not null default gen_random_uuid(),
  is_straight boolean not null,
  format text not null check (format in ('csv', 'jsonl')),
  filter jsonb not null,
  resolved_filter jsonb not null,
  state text not null check (state in ('pending', 'running', 'completed', 'failed', 'cancelled', 'expired')),
  requested_at timestamptz not null default clock_timestamp(),
  requested_by text not null,
  actor_id text not null,
  actor_type text not null,
  access_id uuid not null,
  access_ids uuid[] not null default '{}',
  started_at timestamptz,
  incarnation text,
  process_id integer,
  noted_at timestamptz,
  condition text,
  spans tstzrange[],
  place_occurred_at timestamptz,
  place_id uuid,
  finished_at timestamptz,
  expires_at timestamptz,
  rows bigint not null default 0,
  bytes bigint not null default 0,
  digest text,
  error text,
  primary key (tenant_id, export_id)
);
create index export_state_idx on audit_private.export (tenant_id, state) where state in ('pending', 'running', 'completed');
comment on table audit_private.export is 'each export of a tenant''s events';
comment on column audit_private.export.tenant_id is 'whose events';
comment on column audit_private.export.export_id is 'the export';
comment on column audit_private.export.is_straight is 'streamed to a client, in place of written by the job run_exports';
comment on column audit_private.export.format is 'csv or jsonl';
comment on column audit_private.export.filter is 'the filter as it was given';
comment on column audit_private.export.resolved_filter is 'the same, its times as they were in the time zone of who asked';
comment on column audit_private.export.state is
  'pending, running, completed, failed, cancelled or expired; a cancellation counts before the job notes it here';
comment on column audit_private.export.requested_at is 'when it was asked for';
comment on column audit_private.export.requested_by is 'login and SET ROLE role that asked';
comment on column audit_private.export.actor_id is 'who asked';
comment on column audit_private.export.actor_type is 'what kind of actor asked';
comment on column audit_private.export.access_id is 'access session that it was asked for in';
comment on column audit_private.export.access_ids is 'access sessions that have begun to download it';
comment on column audit_private.export.started_at is 'the moment that it shows';
comment on column audit_private.export.incarnation is 'server, database and table of events that it was begun in';
comment on column audit_private.export.process_id is
  'server process of a worker that writes it into a file; null where it is written into the database, or straight';
comment on column audit_private.export.noted_at is 'when that worker last told how far it is';
comment on column audit_private.export.condition is 'what it holds, as it was fixed at that moment: a condition on events';
comment on column audit_private.export.spans is 'spans of partitions that hold it, newest first';
comment on column audit_private.export.place_occurred_at is 'time of the last event written so far';
comment on column audit_private.export.place_id is 'id of the last event written so far';
comment on column audit_private.export.finished_at is 'when it ended, one way or another';
comment on column audit_private.export.expires_at is 'from then on it can''t be read';
comment on column audit_private.export.rows is 'events written so far';
comment on column audit_private.export.bytes is 'bytes written so far';
comment on column audit_private.export.digest is
  'SHA-256 in hexadecimal: of the file when straight, else over the digests of its chunks one behind the other';
comment on column audit_private.export.error is 'why it failed';

create table audit_private.export_chunk (
  tenant_id uuid not null,
  export_id uuid not null,
  number integer not null,
  rows integer not null,
  bytes integer not null,
  last_occurred_at timestamptz,
  last_id uuid,
  content bytea not null,
  digest text not null,
  primary key (tenant_id, export_id, number),
  foreign key (tenant_id, export_id) references audit_private.export
);
-- LZ4 saves more writing than it costs; PostgreSQL's own compression takes longer than finding the events does.
do $$
begin
  if not exists (
    select from pg_settings s where s.name = 'default_toast_compression' and 'lz4' = any (s.enumvals)
  ) then
    alter table audit_private.export_chunk alter column content set storage external;
  end if;
end
$$;
comment on table audit_private.export_chunk is 'content of exports, up to 24 hours after they were completed';
comment on column audit_private.export_chunk.tenant_id is 'whose events';
comment on column audit_private.export_chunk.export_id is 'the export';
comment on column audit_private.export_chunk.number is 'place in the export, from 1';
comment on column audit_private.export_chunk.rows is 'events in it';
comment on column audit_private.export_chunk.bytes is 'size of the content';
comment on column audit_private.export_chunk.last_occurred_at is 'time of the last of them';
comment on column audit_private.export_chunk.last_id is 'id of the last of them';
comment on column audit_private.export_chunk.content is 'UTF-8, whole lines';
comment on column audit_private.export_chunk.digest is 'SHA-256 of the content, in hexadecimal';

-- Apart from the exports, so that cancelling never waits for a chunk, nor a chunk for who cancels.
create table audit_private.export_cancellation (
  tenant_id uuid not null,
  export_id uuid not null,
  cancelled_at timestamptz not null default clock_timestamp(),
  cancelled_by text not null,
  primary key (tenant_id, export_id)
);
comment on table audit_private.export_cancellation is 'exports that were cancelled; never taken back';
comment on column audit_private.export_cancellation.tenant_id is 'whose events';
comment on column audit_private.export_cancellation.export_id is 'the export';
comment on column audit_private.export_cancellation.cancelled_at is 'when';
comment on column audit_private.export_cancellation.cancelled_by is 'login and SET ROLE role';

alter table audit_private.export enable row level security;
alter table audit_private.export force row level security;
alter table audit_private.export_chunk enable row level security;
alter table audit_private.export_chunk force row level security;
alter table audit_private.export_cancellation enable row level security;
alter table audit_private.export_cancellation force row level security;

create policy "Exports are visible to their tenant and to operators" on audit_private.export
  to audit_owner
  using (tenant_id = (select audit_private.visible_tenant()) or (select audit_private.sees_all_tenants()));
create policy "The keeper waits for exports" on audit_private.export
  for select to audit_keeper using (true);
create policy "Backups are complete" on audit_private.export
  for select to audit_backup using (true);

create policy "Content is visible to its tenant and to operators" on audit_private.export_chunk
  to audit_owner
  using (tenant_id = (select audit_private.visible_tenant()) or (select audit_private.sees_all_tenants()));
create policy "The keeper writes content" on audit_private.export_chunk
  for insert to audit_keeper with check (true);
create policy "The keeper is told how much it wrote" on audit_private.export_chunk
  for select to audit_keeper using (true);
create policy "Backups are complete" on audit_private.export_chunk
  for select to audit_backup using (true);

create policy "Cancellations are visible to their tenant and to operators" on audit_private.export_cancellation
  to audit_owner
  using (tenant_id = (select audit_private.visible_tenant()) or (select audit_private.sees_all_tenants()));
create policy "Backups are complete" on audit_private.export_cancellation
  for select to audit_backup using (true);

grant select on audit_private.export to audit_keeper;
grant insert, select (rows, bytes, last_occurred_at, last_id) on audit_private.export_chunk to audit_keeper;
