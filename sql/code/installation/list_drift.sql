create or replace function audit_private.list_drift()
returns table (kind text, name text, problem text)
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select kind, name,
    case when i.digest is null then 'extra' when n.digest is null then 'missing' else 'changed' end
  from audit_private.installed_object i
  full join audit_private.object_digests() n using (kind, name)
  where i.digest is distinct from n.digest
  order by kind, name
$$;
comment on function audit_private.list_drift() is
  'objects that are no longer as they were installed: changed, missing or extra';
