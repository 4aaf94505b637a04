-- depends: 0006.access
-- Which tables of the application are watched, and what could not be logged of their changes.

create table audit_private.watched_table (
  entity_type text primary key,
  schema_name text not null,
  table_name text not null,
  tenant_column text,
  tenant_column_number smallint,
  label_column text,
  allowed_columns text[],
  redact_columns text[] not null,
  ignore_columns text[] not null,
  known_columns text[] not null,
  known_numbers smallint[] not null,
  level text not null check (level in ('statement', 'row')),
  on_error text not null check (on_error in ('refuse', 'spool')),
  keep_deleted_values boolean not null,
  function_digest text not null,
  watched_at timestamptz not null default clock_timestamp(),
  watched_by text not null,
  unwatched_at timestamptz
);
create index watched_table_name_idx on audit_private.watched_table (schema_name, table_name);
comment on table audit_private.watched_table is
  'tables whose changes are captured; the entity type is the identity of their history, whatever becomes of the name';
comment on column audit_private.watched_table.entity_type is 'entity type of their events';
comment on column audit_private.watched_table.schema_name is 'schema of the table when it was last watched';
comment on column audit_private.watched_table.table_name is 'name of the table when it was last watched';
comment on column audit_private.watched_table.tenant_column is 'column with the tenant; null when the context says it';
comment on column audit_private.watched_table.tenant_column_number is
  'its number, by which a renamed one is found again';
comment on column audit_private.watched_table.label_column is 'column that names a row to people';
comment on column audit_private.watched_table.allowed_columns is
  'the only columns with values in events; null when all that were known';
comment on column audit_private.watched_table.redact_columns is 'columns whose values are never stored';
comment on column audit_private.watched_table.ignore_columns is 'columns that are left out';
comment on column audit_private.watched_table.known_columns is
  'columns that the table had; of one added since, only that it changed is recorded';
comment on column audit_private.watched_table.known_numbers is
  'their numbers, by which a column that has taken another''s name is told from it';
comment on column audit_private.watched_table.level is 'triggers fire once a statement or once a row';
comment on column audit_private.watched_table.on_error is 'refuse the write, or spool what could not be logged';
comment on column audit_private.watched_table.keep_deleted_values is
  'whether a delete records the row''s values, or its key and label alone';
comment on column audit_private.watched_table.function_digest is 'SHA-256 of the generated function, in hexadecimal';
comment on column audit_private.watched_table.watched_at is 'when it was last watched';
comment on column audit_private.watched_table.watched_by is 'login and SET ROLE role that did';
comment on column audit_private.watched_table.unwatched_at is 'since when it isn''t watched any more; its history stays';

create table audit_private.capture_spool (
  tenant_id uuid,
  spool_id bigint generated always as identity,
  spooled_at timestamptz not null default clock_timestamp(),
  entity_type text not null,
  action text not null,
  entity_id text,
  description text,
  changes jsonb,
  target jsonb,
  metadata jsonb,
  actor_id text,
  actor_type text,
  actor jsonb,
  recorded_by text not null,
  is_whole boolean not null,
  error text not null
);
create index capture_spool_spool_id_idx on audit_private.capture_spool (spool_id);
comment on table audit_private.capture_spool is
  'changes of tables too vital to stop that could not be logged; check_health counts them';
comment on column audit_private.capture_spool.tenant_id is 'whose change it was; null when that is what failed';
comment on column audit_private.capture_spool.spool_id is 'order of spooling';
comment on column audit_private.capture_spool.spooled_at is 'when the change was made';
comment on column audit_private.capture_spool.entity_type is 'entity type of the table';
comment on column audit_private.capture_spool.action is 'action that the event would have had';
comment on column audit_private.capture_spool.entity_id is 'key of the row';
comment on column audit_private.capture_spool.description is 'the event in words';
comment on column audit_private.capture_spool.changes is 'column to {old, new}';
comment on column audit_private.capture_spool.target is 'snapshot of the row';
comment on column audit_private.capture_spool.metadata is 'as in the event';
comment on column audit_private.capture_spool.actor_id is 'who did it';
comment on column audit_private.capture_spool.actor_type is 'what kind of actor';
comment on column audit_private.capture_spool.actor is 'snapshot of the actor';
comment on column audit_private.capture_spool.recorded_by is 'login and SET ROLE role';
comment on column audit_private.capture_spool.is_whole is
  'whether it can still be logged; false when the statement''s rows could not even be read';
comment on column audit_private.capture_spool.error is 'SQLSTATE and message of what kept it from being logged';

comment on sequence audit_private.capture_spool_spool_id_seq is 'orders the spool';

alter table audit_private.capture_spool enable row level security;
alter table audit_private.capture_spool force row level security;
create policy "The writer spools and logs later" on audit_private.capture_spool
  to audit_writer using (true) with check (true);
create policy "Spooled changes are counted for their tenant and for operators" on audit_private.capture_spool
  for select to audit_owner
  using (tenant_id = (select audit_private.visible_tenant()) or (select audit_private.sees_all_tenants()));
create policy "Backups are complete" on audit_private.capture_spool
  for select to audit_backup using (true);

grant select on audit_private.watched_table to audit_writer;
grant select, insert, delete on audit_private.capture_spool to audit_writer;
