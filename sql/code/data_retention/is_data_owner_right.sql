create or replace function audit_private.is_data_owner_right(item aclitem, object name)
returns boolean
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select object = any ('{audit_private,audit_data,data_purge_terms,data_retention_groups,data_retention_waits,note_data_review,note_data_batch}')
    and exists (
      select
      from aclexplode(array[item]) g
      join audit_private.data_retention d on to_regrole(quote_ident(d.owner_name)) = g.grantee
    )
    and (select bool_and(g.privilege_type in ('USAGE', 'EXECUTE') and not g.is_grantable) from aclexplode(array[item]) g)
$$;
comment on function audit_private.is_data_owner_right(aclitem, name) is
  'whether an owner of tables under data retention has this right on this object for their sake';
