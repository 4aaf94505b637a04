-- For monitoring and for the doctor: each check is a row also when all is well, so that a check that no
-- longer runs can be told from one that passes. The hint holds what to run.
create or replace function audit.check_health()
returns table (check_name text, state text, detail text, hint text)
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  select 'partitions_ahead',
    case when covered.until_time > now() + interval '4 weeks' then 'ok' else 'error' end,
    format('partitions reach without a hole until %s', covered.until_time),
    case when covered.until_time > now() + interval '4 weeks' is not true
      then 'call audit.maintain_partitions();' end
  from audit_private.partitions_end(now()) as covered (until_time);

  return query
  select 'partitions_guarded',
    case when count(*) = 0 then 'ok' else 'error' end,
    case when count(*) = 0 then 'every partition has the row-level security, grants and triggers that it was made with'
      else 'not as it was made: ' || string_agg(p.partition_name, ', ' order by p.partition_name) end,
    string_agg(
      format('alter table audit_private.%1$I owner to audit_owner; set role audit_owner; '
        'select audit_private.guard_partition(%1$L); reset role;', p.partition_name),
      ' ' order by p.partition_name)
  from audit_private.event_partitions() p
  where audit_private.guard_digest(p.partition_name) is distinct from (
    select o.digest from audit_private.installed_object o where o.kind = 'guard'
  );

  return query
  select 'objects_unchanged',
    case when count(*) = 0 then 'ok' else 'error' end,
    case when count(*) = 0 then 'all objects are as they were installed'
      else string_agg(format('%s %s is %s', d.kind, d.name, d.problem), '; ' order by d.kind, d.name) end,
    case when count(*) > 0 then 'Find out who changed them, then: pgwitness install --force' end
  from audit_private.list_drift() d;

  return query
  select 'engine_roles_apart',
    case when count(*) = 0 then 'ok' when bool_or(p.is_error) then 'error' else 'warning' end,
    case when count(*) = 0 then 'nobody but the installer may become an engine role, nobody inherits from one, and none has a special right'
      else string_agg(format('%I: %s', p.role_name, p.problem), '; ' order by p.role_name) end,
    string_agg(p.remedy, ' ' order by p.role_name)
  from (
    select m.rolname as role_name,
      format('%s %s', case when pg_has_role(m.oid, e.oid, 'usage') then 'inherits from' else 'may become' end, e.rolname)
        as problem,
      pg_has_role(m.oid, e.oid, 'usage') as is_error,
      format('revoke %I from %I;', e.rolname, m.rolname) as remedy
    from pg_roles e
    join pg_roles m on m.oid <> e.oid and not m.rolsuper
    where e.rolname in ('audit_owner', 'audit_writer', 'audit_finder', 'audit_keeper')
      and (
        pg_has_role(m.oid, e.oid, 'usage')
        or pg_has_role(m.oid, e.oid,
            case when current_setting('server_version_num')::integer >= 160000 then 'set' else 'member' end)
          and not exists (
            select from audit_private.installation i
            where split_part(i.installed_by, '/', 1) = audit_private.quoted_role(m.rolname)
          )
      )
    union all
    select r.rolname, 'must have neither LOGIN, SUPERUSER nor BYPASSRLS', true,
      format('alter role %I nologin nosuperuser nobypassrls;', r.rolname)
    from pg_roles r
    where r.rolname in ('audit_owner', 'audit_writer', 'audit_finder', 'audit_keeper')
      and (r.rolcanlogin or r.rolsuper or r.rolbypassrls)
  ) p;

  return query
  select 'readers_behind_the_wall',
    case when count(*) = 0 then 'ok' else 'warning' end,
    case when count(*) = 0 then 'no role of people or applications passes row-level security'
      else 'pass row-level security: ' || string_agg(m.rolname::text, ', ' order by m.rolname) end,
    string_agg(format('alter role %I nosuperuser nobypassrls;', m.rolname), ' ' order by m.rolname)
  from pg_roles m
  where (m.rolsuper or m.rolbypassrls)
    and exists (select from audit_private.role_binding b where b.role_name = m.rolname);

  return query
  select 'grants_have_roles',
    case when count(*) = 0 then 'ok' else 'warning' end,
    case when count(*) = 0 then 'every grant is for a role that exists'
      else 'granted but gone: ' || string_agg(g.role_name::text, ', ' order by g.role_name) end,
    string_agg(format('select audit.revoke_tenant(role => %L, reason => ''the role no longer exists'');', g.role_name),
      ' ' order by g.role_name)
  from audit_private.role_binding g
  where not exists (select from pg_roles r where r.rolname = g.role_name);

  return query select c.* from audit_private.check_capture() c;
  return query select c.* from audit_private.check_integrity() c;
  return query select c.* from audit_private.check_verification() c;
  return query select c.* from audit_private.check_retention() c;
  return query select c.* from audit_private.check_data_retention() c;
  return query select c.* from audit_private.check_jobs() c;
  return query select c.* from audit_private.check_sinks() c;

  return query
  select 'logging_on',
    case when count(*) = 0 then 'ok' else 'warning' end,
    case when count(*) = 0 then 'no tenant has turned all logging off'
      else 'all logging is off for: ' || string_agg(format('%s (%s)', t.name, t.tenant_id), ', ' order by t.name) end,
    string_agg(format('select audit.set_logging(enabled => true, tenant_id => %L);', t.tenant_id), ' ' order by t.name)
  from audit_private.tenant t
  where not t.is_logging_enabled and t.retired_at is null;

  return query
  select 'categories_on',
    case when count(*) = 0 then 'ok' else 'warning' end,
    case when count(*) = 0 then 'no tenant has turned a whole category off'
      else 'off: ' || string_agg(format('%s for %s (%s)', g.category, t.name, g.tenant_id), ', ' order by t.name, g.category) end,
    string_agg(
      format('select audit.set_category_logging(category => %L, enabled => true, tenant_id => %L);',
        g.category, g.tenant_id), ' ' order by t.name, g.category)
  from audit_private.category_toggle g
  join audit_private.tenant t using (tenant_id)
  where not g.is_enabled and t.retired_at is null;

  return query
  select 'search_is_indexed',
    case when count(*) > 0 then 'ok' else 'warning' end,
    case when count(*) > 0 then 'pg_trgm is installed'
      else 'pg_trgm is not installed: free text in closed partitions is searched without an index' end,
    case when count(*) = 0 then 'create extension pg_trgm;' end
  from pg_extension e
  where e.extname = 'pg_trgm';
end
$$;
comment on function audit.check_health() is
  'a row a check: ok, warning or error, with what is wrong and what to run; for audit_operator, audit_auditor and audit_admin';
grant execute on function audit.check_health() to audit_operator, audit_auditor, audit_admin;
