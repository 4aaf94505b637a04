-- What concerns the installation as a whole: its options, what was installed, and where its
-- transaction numbers stand.

create table audit_private.instance (
  is_only boolean primary key default true check (is_only),
  installation_id uuid not null default gen_random_uuid(),
  transaction_offset bigint not null default 0,
  events_until timestamptz
);
insert into audit_private.instance default values;
comment on table audit_private.instance is 'one row: facts that every write reads';
comment on column audit_private.instance.is_only is 'always true, so that there is only one row';
comment on column audit_private.instance.installation_id is 'names this log for ever, also after it was restored elsewhere';
comment on column audit_private.instance.transaction_offset is
  'added to the server''s transaction number; raised when numbers start again after a restore';
comment on column audit_private.instance.events_until is 'until when there are partitions without a hole';

create table audit_private.option (
  name text primary key,
  value text not null,
  default_value text not null,
  pattern text not null,
  description text not null,
  changed_at timestamptz,
  changed_by text
);
comment on table audit_private.option is 'settings of the whole installation; audit.set_option changes them';
comment on column audit_private.option.name is 'name of the option';
comment on column audit_private.option.value is 'value in force';
comment on column audit_private.option.default_value is 'value of a new installation';
comment on column audit_private.option.pattern is 'regular expression that a value must match';
comment on column audit_private.option.description is 'what it does, and its unit';
comment on column audit_private.option.changed_at is 'when it was last set; null when never';
comment on column audit_private.option.changed_by is 'login and SET ROLE role that set it last';

create table audit_private.installation (
  installed_at timestamptz primary key default clock_timestamp(),
  version text not null,
  code_digest text not null,
  installed_by text not null,
  migrations text[] not null
);
comment on table audit_private.installation is 'each time that sql/code was applied; the newest row is in force';
comment on column audit_private.installation.installed_at is 'when';
comment on column audit_private.installation.version is 'version of pgwitness';
comment on column audit_private.installation.code_digest is 'SHA-256 over the files of sql/code, in hexadecimal';
comment on column audit_private.installation.installed_by is 'login and SET ROLE role';
comment on column audit_private.installation.migrations is 'the migrations that had been applied';

create table audit_private.installed_object (
  kind text not null,
  name text not null,
  digest text not null,
  primary key (kind, name)
);
comment on table audit_private.installed_object is
  'what each function, trigger, policy and view looked like when it was installed, to tell drift';
comment on column audit_private.installed_object.kind is 'function, trigger, policy, table, view, sequence, schema or guard';
comment on column audit_private.installed_object.name is 'qualified name, with argument types or table';
comment on column audit_private.installed_object.digest is 'SHA-256 of its definition, owner and rights';

grant select on audit_private.instance to audit_writer, audit_finder, audit_keeper;
grant select on audit_private.option to audit_writer;
