set local role audit_finder;
create or replace function audit_private.removed_places(tenant_id uuid, seal_number bigint, part integer)
returns bit
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select case
    when audit_private.is_emptied(removed_places.tenant_id, removed_places.seal_number) then ~ 0::bit(1024)
    else (
      select bit_or(p.places) from audit_private.part_removal p
      where p.tenant_id = removed_places.tenant_id
        and p.seal_number = removed_places.seal_number
        and p.part = removed_places.part
    )
  end
$$;
comment on function audit_private.removed_places(uuid, bigint, integer) is
  'places in a part of a seal whose events purges have removed; null when none';
grant execute on function audit_private.removed_places(uuid, bigint, integer) to audit_keeper;
