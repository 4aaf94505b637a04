-- Removes pgwitness from a database: its schemas with all they hold, and the default privileges of
-- its engine roles. Roles stay, since they belong to the whole cluster. The login that installs runs
-- this in a transaction.
--
-- Events of tenants that haven't expired, and those under a legal hold, don't go like that: somebody
-- may still have to show them. pgwitness uninstall --archive copies all events into a file, reads it
-- back, and then says in pgwitness.archived_events how many it found, which must be all there are.

do $uninstall$
declare
  schemas constant name[] := '{audit,audit_private,audit_data,audit_migrations}';
  nil_tenant constant uuid := '00000000-0000-0000-0000-000000000000';
  archived constant bigint := nullif(current_setting('pgwitness.archived_events', true), '')::bigint;
  present bigint;
  retained bigint;
  dependents text;
begin
  -- Without the right to look into a schema, what is in it isn't found: that is an error of its own.
  if to_regrole('audit_owner') is not null then
    set local role audit_owner;
  end if;
  if to_regclass('audit_private.event') is null then
    raise exception using
      errcode = 'WT083',
      message = format('pgwitness is not installed in database %I', current_database()),
      detail = 'There is no table audit_private.event.',
      hint = 'Check which database you are connected to. Nothing was changed.';
  end if;

  -- Writers wait from here on; they would lose what they write.
  set local role audit_keeper;
  lock table audit_private.event in access exclusive mode;
  select count(*),
    count(*) filter (
      where event.tenant_id <> nil_tenant
        and (
          event.occurred_at >= (
            select max(audit_private.retention_cutoff(p.tenant_id)) from audit_private.policies_in_force(now()) p
          )
          or audit_private.is_retained(
            event.tenant_id, event.occurred_at, event.id, event.source, event.action, event.entity_type,
            event.actor_type, event.outcome, event.actor_id, event.entity_id)
        ))
  into present, retained
  from audit_private.event;
  if retained > 0 and archived is distinct from present then
    raise exception using
      errcode = 'WT083',
      message = 'pgwitness stays: it holds events that may have to be shown',
      detail = format('%s events have not expired, or are held.', retained),
      hint = 'Copy all events into a file first: pgwitness uninstall --archive FILE. '
        'Nothing was changed.';
  end if;

  -- "cascade" would take these along.
  set local role audit_owner;
  with own as (
    select 'pg_class'::regclass as class_id, c.oid as object_id
    from pg_class c where c.relnamespace::regnamespace::name = any (schemas)
    union all
    select 'pg_proc'::regclass, p.oid
    from pg_proc p where p.pronamespace::regnamespace::name = any (schemas)
    union all
    select 'pg_type'::regclass, t.oid
    from pg_type t where t.typnamespace::regnamespace::name = any (schemas)
  ),
  dependent as (
    select d.classid, d.objid, d.objsubid,
      case d.classid
        when 'pg_class'::regclass then (select c.relnamespace from pg_class c where c.oid = d.objid)
        when 'pg_proc'::regclass then (select p.pronamespace from pg_proc p where p.oid = d.objid)
        when 'pg_type'::regclass then (select t.typnamespace from pg_type t where t.oid = d.objid)
        when 'pg_constraint'::regclass then (
          select c.connamespace from pg_constraint c where c.oid = d.objid)
        when 'pg_rewrite'::regclass then (
          select c.relnamespace
          from pg_rewrite r join pg_class c on c.oid = r.ev_class where r.oid = d.objid)
        when 'pg_trigger'::regclass then (
          select c.relnamespace
          from pg_trigger t join pg_class c on c.oid = t.tgrelid where t.oid = d.objid)
        when 'pg_attrdef'::regclass then (
          select c.relnamespace
          from pg_attrdef a join pg_class c on c.oid = a.adrelid where a.oid = d.objid)
        when 'pg_policy'::regclass then (
          select c.relnamespace
          from pg_policy p join pg_class c on c.oid = p.polrelid where p.oid = d.objid)
      end as schema_id
    from pg_depend d
    join own on (own.class_id, own.object_id) = (d.refclassid, d.refobjid)
    where d.deptype = 'n'
  )
  select string_agg(
    distinct pg_describe_object(dependent.classid, dependent.objid, dependent.objsubid), '; ')
  into dependents
  from dependent
  where dependent.schema_id is null
    or dependent.schema_id::regnamespace::name <> all (schemas);
  if dependents is not null then
    raise exception using
      errcode = 'WT083',
      message = 'pgwitness stays: objects outside its schemas depend on it',
      detail = dependents,
      hint = 'Drop or change them first. Nothing was changed.';
  end if;
end
$uninstall$;

set local role audit_writer;
alter default privileges grant execute on functions to public;
set local role audit_finder;
alter default privileges grant execute on functions to public;
set local role audit_keeper;
alter default privileges grant execute on functions to public;
set local role audit_owner;
alter default privileges grant execute on functions to public;
alter default privileges grant usage on types to public;
set local client_min_messages = warning;
drop schema audit, audit_private, audit_data, audit_migrations cascade;
