-- What the login that installs lacks, and whether it may give it to itself by running roles.sql.
select current_database()::text as database,
  current_user::text as login,
  array(
    select wanted.name
    from unnest('{audit_owner,audit_writer,audit_finder,audit_keeper}'::text[]) as wanted (name)
    left join pg_roles role on role.rolname = wanted.name
    where role.oid is null or not pg_has_role(current_user, role.oid, 'member')
    union all
    select wanted.name
    from unnest(
      '{audit_app,audit_reader,audit_admin,audit_privacy,audit_operator,audit_auditor,audit_shipper,audit_backup}'::text[]
    ) as wanted (name)
    where not exists (select from pg_roles role where role.rolname = wanted.name)
  ) as lacking,
  (
    select role.rolsuper or role.rolcreaterole
    from pg_roles role
    where role.rolname = current_user
  ) as may_create_roles
