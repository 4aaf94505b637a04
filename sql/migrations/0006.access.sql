-- depends: 0005.events
-- Who may read the log just now, and why.

create sequence audit_private.read_number as bigint;
comment on sequence audit_private.read_number is
  'numbers the reads of the log; a number that no event holds is a read that was undone';

create table audit_private.access_session (
  tenant_id uuid not null,
  access_id uuid not null,
  access_reason text not null,
  justification text not null,
  actor_id text not null,
  actor_type text not null,
  recorded_by text not null,
  opened_at timestamptz not null default clock_timestamp(),
  opened_in xid8 not null default pg_current_xact_id(),
  last_used_at timestamptz not null default clock_timestamp(),
  last_read_in xid8,
  last_read_at timestamptz,
  last_read text,
  primary key (tenant_id, access_id)
);
create index access_session_opened_at_idx on audit_private.access_session (tenant_id, opened_at);
comment on table audit_private.access_session is 'justified access to a tenant''s events';
comment on column audit_private.access_session.tenant_id is 'whose events may be read';
comment on column audit_private.access_session.access_id is 'the session';
comment on column audit_private.access_session.access_reason is 'reason from the catalogue';
comment on column audit_private.access_session.justification is 'the reader''s own words';
comment on column audit_private.access_session.actor_id is 'who reads';
comment on column audit_private.access_session.actor_type is 'what kind of actor reads';
comment on column audit_private.access_session.recorded_by is 'login and SET ROLE role that opened it; no other may use it';
comment on column audit_private.access_session.opened_at is 'it ends 8 hours later at the latest';
comment on column audit_private.access_session.opened_in is 'the session counts only once this transaction has committed';
comment on column audit_private.access_session.last_used_at is 'it ends an hour later when nothing is read';
comment on column audit_private.access_session.last_read_in is 'transaction of the last read';
comment on column audit_private.access_session.last_read_at is 'start of the statement that read last';
comment on column audit_private.access_session.last_read is 'route and filter of the last read';

-- Apart from the sessions, so that revoking one never waits for a transaction that is reading with it.
create table audit_private.access_closing (
  tenant_id uuid not null,
  access_id uuid not null,
  closed_at timestamptz not null default clock_timestamp(),
  closed_by text not null,
  primary key (tenant_id, access_id)
);
comment on table audit_private.access_closing is 'access sessions that were closed or revoked';
comment on column audit_private.access_closing.tenant_id is 'whose events could be read';
comment on column audit_private.access_closing.access_id is 'the session';
comment on column audit_private.access_closing.closed_at is 'when';
comment on column audit_private.access_closing.closed_by is 'who';

alter table audit_private.access_closing enable row level security;
alter table audit_private.access_closing force row level security;
create policy "Closings are visible to their tenant and to operators" on audit_private.access_closing
  to audit_owner
  using (tenant_id = (select audit_private.visible_tenant()) or (select audit_private.sees_all_tenants()));
create policy "Backups are complete" on audit_private.access_closing
  for select to audit_backup using (true);

alter table audit_private.access_session enable row level security;
alter table audit_private.access_session force row level security;
create policy "Access sessions are visible to their tenant and to operators" on audit_private.access_session
  to audit_owner
  using (tenant_id = (select audit_private.visible_tenant()) or (select audit_private.sees_all_tenants()));
create policy "Backups are complete" on audit_private.access_session
  for select to audit_backup using (true);
