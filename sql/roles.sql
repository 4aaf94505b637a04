-- The roles of pgwitness. They belong to the whole cluster, so an administrator runs this file once,
-- in any database; running it again is harmless.
--
-- Who may install is told by a setting, and is the person who runs this file when it is not set:
--   set pgwitness.installer = 'deploy';
--
-- The engine roles are members of nothing. Whoever inherits from one of them inherits its row-level
-- policies with it, so the installer gets the right to become them and nothing else.

do $roles$
declare
  installer constant name :=
    coalesce(nullif(current_setting('pgwitness.installer', true), ''), current_user)::name;
  engine_roles constant name[] := '{audit_owner,audit_writer,audit_finder,audit_keeper}';
  people_roles constant name[] :=
    '{audit_app,audit_reader,audit_admin,audit_privacy,audit_operator,audit_auditor,audit_shipper,audit_backup}';
  wanted name;
begin
  foreach wanted in array engine_roles || people_roles loop
    if not exists (select from pg_roles where rolname = wanted) then
      execute format(
        'create role %I nologin nosuperuser nobypassrls nocreatedb nocreaterole noreplication', wanted);
    end if;
  end loop;

  if (select rolsuper from pg_roles where rolname = installer) then
    return;
  end if;
  foreach wanted in array engine_roles loop
    if current_setting('server_version_num')::integer >= 160000 then
      execute format('grant %I to %I with inherit false, set true', wanted, installer);
    elsif (select rolinherit from pg_roles where rolname = installer) then
      raise exception using
        errcode = 'WT082',
        message = format('role %I may not install: it inherits from its roles', installer),
        detail = 'On PostgreSQL 15 inheritance is a property of the role, and whoever inherits from an '
          'engine role inherits its row-level policies.',
        hint = format('alter role %I noinherit; then run this file again.', installer);
    else
      execute format('grant %I to %I', wanted, installer);
    end if;
  end loop;
end
$roles$;

comment on role audit_owner is 'pgwitness engine: owns the tables; may not change or remove an event';
comment on role audit_writer is 'pgwitness engine: writes events';
comment on role audit_finder is 'pgwitness engine: finds events across tenants; hands out keys and hashes only';
comment on role audit_keeper is 'pgwitness engine: the only role that may remove or erase, behind one gate';
comment on role audit_app is 'pgwitness: applications; sets the context and logs events';
comment on role audit_reader is 'pgwitness: reads its tenants'' events, with a justification';
comment on role audit_admin is 'pgwitness: reads, and sets toggles, retention and holds of its tenants';
comment on role audit_privacy is 'pgwitness: reports on a person and erases';
comment on role audit_operator is 'pgwitness: tenants, grants, catalogue, options and jobs; sees no payload';
comment on role audit_auditor is 'pgwitness: verifies and proves; payloads with a justification';
comment on role audit_shipper is 'pgwitness: reads the sinks that name it, and nothing else';
comment on role audit_backup is 'pgwitness: reads everything for a backup; use pg_dump --enable-row-security';
