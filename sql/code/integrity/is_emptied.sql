-- No two rows of seal_removal overlap, so the first that ends no earlier decides. Neither definer nor pinned, so that each
-- engine role asks with its own rights; everything is named in full.
create or replace function audit_private.is_emptied(tenant_id uuid, seal_number bigint)
returns boolean
language sql
stable
parallel safe
as $$
  select coalesce((
    select r.first_seal from audit_private.seal_removal r
    where r.tenant_id = is_emptied.tenant_id and r.last_seal >= is_emptied.seal_number
    order by r.last_seal
    limit 1
  ) <= is_emptied.seal_number, false)
$$;
comment on function audit_private.is_emptied(uuid, bigint) is
  'whether a purge has removed all events that were left of a seal';
grant execute on function audit_private.is_emptied(uuid, bigint) to audit_finder, audit_keeper;
