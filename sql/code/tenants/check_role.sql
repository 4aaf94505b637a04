create or replace function audit_private.check_role(role name)
returns void
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if not exists (select from pg_roles r where r.rolname = check_role.role) then
    raise exception using
      errcode = 'WT005',
      message = format('role %s does not exist', coalesce(quote_ident(check_role.role), 'null')),
      detail = 'A grant counts for the database role of exactly this name.',
      hint = 'List the roles with \du in psql, or create the role first.';
  end if;
end
$$;
comment on function audit_private.check_role(name) is 'raises WT005 unless the database role exists';
