create or replace function audit_private.is_under_data_retention(relation regclass)
returns boolean
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
  select exists (
    select
    from audit_private.data_retention d
    where audit_private.relation_named(d.relation) = is_under_data_retention.relation
      or exists (
        select from audit_private.data_children(d.children, '', '') c
        where c.rule <> 'keeps' and audit_private.relation_named(c.relation) = is_under_data_retention.relation
      )
  )
$$;
comment on function audit_private.is_under_data_retention(regclass) is 'whether rows of a table go by data retention';
