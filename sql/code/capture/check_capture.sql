create or replace function audit_private.check_capture()
returns table (check_name text, state text, detail text, hint text)
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $$
  select 'tables_captured', coalesce(min(p.state), 'ok'),
    coalesce(string_agg(format('%s: %s', p.entity_type, p.problem), '; ' order by p.state, p.entity_type, p.problem),
      'changes of every watched table are captured whole'),
    string_agg(p.hint, E'\n' order by p.state, p.entity_type, p.problem)
  from audit_private.capture_problems() p
  union all
  select 'replication_role_plain', case when count(*) = 0 then 'ok' else 'error' end,
    case when count(*) = 0 then 'no role or database begins with session_replication_role = replica, and no role that acts for tenants may set it'
      else string_agg(s.problem, '; ' order by s.problem) end,
    string_agg(s.remedy, ' ' order by s.problem)
  from (
    select format('%s begins with session_replication_role = replica: foreign keys and the application''s own triggers are off',
        concat_ws(' in ', r.rolname, d.datname)) as problem,
      format('alter %s reset session_replication_role;',
        case
          when r.rolname is null then format('database %I', d.datname)
          else concat_ws(' ', format('role %I', r.rolname), 'in database ' || quote_ident(d.datname))
        end) as remedy
    from pg_db_role_setting s
    left join pg_roles r on r.oid = s.setrole
    left join pg_database d on d.oid = s.setdatabase
    where s.setconfig && '{session_replication_role=replica,session_replication_role=local}'
      and s.setdatabase in (0, (select o.oid from pg_database o where o.datname = current_database()))
    union all
    select audit_private.grantee_name(g.grantee) || ' may set session_replication_role',
      format('revoke set on parameter session_replication_role from %s;', audit_private.grantee_name(g.grantee))
    from audit_private.role_binding b
    join pg_roles r on r.rolname = b.role_name and not r.rolsuper
    join pg_parameter_acl p on p.parname = 'session_replication_role'
    cross join aclexplode(p.paracl) g
    where g.privilege_type = 'SET' and (g.grantee = 0 or pg_has_role(r.oid, nullif(g.grantee, 0), 'usage'))
    group by g.grantee
    union all
    select 'this session has session_replication_role = ' || current_setting('session_replication_role'),
      'reset session_replication_role;'
    where current_setting('session_replication_role') <> 'origin'
  ) s
  union all
  select 'subscriptions_told', case when count(*) = 0 then 'ok' else 'warning' end,
    case when count(*) = 0 then 'no subscription brings changes that were made elsewhere'
      else 'changes that come by these subscriptions are not captured here: ' || string_agg(s.subname, ', ' order by s.subname) end,
    case when count(*) > 0 then 'Watch the tables in the database where they are changed.' end
  from pg_subscription s
  where s.subenabled and s.subdbid = (select d.oid from pg_database d where d.datname = current_database())
    and exists (select from audit_private.watched_table w where w.unwatched_at is null)
  union all
  select 'spool_empty', case when count(*) = 0 then 'ok' else 'error' end,
    case when count(*) = 0 then 'every captured change was logged'
      else format('%s changes are spooled, not logged, since %s: %s', count(*), min(s.spooled_at),
        string_agg(distinct s.error, '; ')) end,
    case when count(*) > 0 then 'Mend the cause, then: select * from audit.log_spool(); what is spooled: select * from audit.list_spool();' end
  from audit_private.capture_spool s
$$;
comment on function audit_private.check_capture() is 'the health checks of change capture';
