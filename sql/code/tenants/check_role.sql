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
      hint = 'select rolname from pg_roles; or create the role first.';
  elsif starts_with(check_role.role, 'audit_') then
    raise exception using
      errcode = 'WT005',
      message = format('role %I is shared by everybody who is a member of it', check_role.role),
      detail = 'Bound to a tenant, it would open that tenant to all its members.',
      hint = 'Grant the login, or a role of its own, to the tenant.';
  end if;
end
$$;
comment on function audit_private.check_role(name) is 'raises WT005 unless the database role exists and is nobody else''s';
