-- What an installation needs in each database before its first migration: four schemas of our own.
-- Run by the login that installs. A schema of one of these names that belongs to somebody else is
-- left untouched, because other audit tools use the name too.

do $schemas$
declare
  lacking text;
  foreign_schema record;
  wanted_schema name;
begin
  if current_setting('server_version_num')::integer < 150000 then
    raise exception using
      errcode = 'WT082',
      message = format('pgwitness needs PostgreSQL 15 or newer, not %s', current_setting('server_version')),
      detail = 'It uses what older versions lack.',
      hint = 'Upgrade the server. Nothing was changed.';
  end if;

  select string_agg(format('grant %I to %I', wanted, current_user), '; ')
  into lacking
  from unnest('{audit_owner,audit_writer,audit_finder,audit_keeper}'::name[]) as wanted
  where not exists (select from pg_catalog.pg_roles where rolname = wanted)
    or not pg_catalog.pg_has_role(current_user, wanted, 'member');
  if lacking is not null then
    raise exception using
      errcode = 'WT082',
      message = format('role %I may not install pgwitness: it lacks engine roles', current_user),
      detail = 'Lacking: ' || lacking,
      hint = 'Have an administrator run sql/roles.sql (pgwitness sql --roles prints it) with '
        'pgwitness.installer set to this role.';
  end if;

  if current_setting('server_encoding') <> 'UTF8' then
    raise exception using
      errcode = 'WT082',
      message = format('pgwitness needs a UTF8 database, not %s', current_setting('server_encoding')),
      detail = 'What is sealed is hashed as UTF-8 bytes.',
      hint = 'Create the database with: create database … encoding ''UTF8'' template template0';
  end if;

  select n.nspname as name, n.nspowner::regrole as owner,
    coalesce((
      select string_agg(format('%s %s', k.kind, k.name), ', ')
      from (
        select 'relation' as kind, c.relname::text as name
        from pg_catalog.pg_class c where c.relnamespace = n.oid and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
        union all
        select 'function', p.proname::text from pg_catalog.pg_proc p where p.pronamespace = n.oid
        order by 1, 2
        limit 10
      ) k
    ), 'nothing') as holds
  into foreign_schema
  from pg_catalog.pg_namespace n
  where n.nspname in ('audit', 'audit_private', 'audit_data', 'audit_migrations')
    and n.nspowner <> 'audit_owner'::regrole
  limit 1;
  if foreign_schema.name is not null then
    raise exception using
      errcode = 'WT080',
      message = format('schema %I exists and is not pgwitness''s', foreign_schema.name),
      detail = format('It belongs to %s and holds: %s', foreign_schema.owner, foreign_schema.holds),
      hint = 'Rename that schema or install into another database. Nothing was changed.';
  end if;

  if exists (
      select from unnest('{audit,audit_private,audit_data,audit_migrations}'::text[]) as wanted
      where to_regnamespace(wanted) is null
    )
    and not pg_catalog.has_database_privilege(current_database(), 'create')
  then
    raise exception using
      errcode = 'WT082',
      message = format('role %I may not create schemas in database %I', current_user, current_database()),
      detail = 'pgwitness keeps its objects in the schemas audit, audit_private, audit_data and audit_migrations.',
      hint = format('grant create on database %I to %I;', current_database(), current_user);
  end if;

  -- Not "if not exists": that still asks for the right to create, which a later installer may lack.
  foreach wanted_schema in array '{audit,audit_private,audit_data,audit_migrations}'::name[] loop
    if to_regnamespace(quote_ident(wanted_schema)) is null then
      execute format('create schema %I authorization audit_owner', wanted_schema);
    end if;
  end loop;
end
$schemas$;

-- Every object of every engine role starts closed; each file of sql/code opens its own.
set local role audit_writer;
alter default privileges revoke execute on functions from public;
set local role audit_finder;
alter default privileges revoke execute on functions from public;
set local role audit_keeper;
alter default privileges revoke execute on functions from public;
set local role audit_owner;
alter default privileges revoke execute on functions from public;
alter default privileges revoke usage on types from public;

comment on schema audit is 'pgwitness: the audit log''s functions and the view of its events';
comment on schema audit_private is 'pgwitness: tables, helpers and trigger functions; not an interface';
comment on schema audit_data is 'pgwitness: what is generated for tables under data retention; owned by the tables'' owners';
comment on schema audit_migrations is 'pgwitness: which migrations have been applied';

grant usage on schema audit to audit_app, audit_reader, audit_admin, audit_privacy, audit_operator,
  audit_auditor, audit_shipper, audit_backup;
grant usage, create on schema audit, audit_private to audit_writer, audit_finder, audit_keeper;
-- Procedures run as their caller and name the steps that they call.
grant usage on schema audit_private to audit_operator;
-- Owners of tables under data retention make their views and functions here, apart from everything that the log's own
-- functions call by name.
grant usage on schema audit_data to audit_operator;
grant usage on schema audit_private, audit_migrations to audit_backup;
alter default privileges in schema audit_private, audit_migrations
  grant select on tables to audit_backup;
alter default privileges in schema audit_private, audit_migrations
  grant select on sequences to audit_backup;
