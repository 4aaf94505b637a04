set local role audit_finder;
create or replace function audit_private.removed_count(tenant_id uuid, seal_number bigint, event_count bigint)
returns bigint
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select case
    when audit_private.is_emptied(removed_count.tenant_id, removed_count.seal_number) then removed_count.event_count
    else (
      select coalesce(sum(p.removed), 0) from audit_private.part_removal p
      where p.tenant_id = removed_count.tenant_id and p.seal_number = removed_count.seal_number
    )
  end
$$;
comment on function audit_private.removed_count(uuid, bigint, bigint) is
  'how many of a seal''s events purges have removed';
grant execute on function audit_private.removed_count(uuid, bigint, bigint) to audit_keeper;
