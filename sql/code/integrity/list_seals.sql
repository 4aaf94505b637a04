create or replace function audit.list_seals(
  up_to integer default 100,
  before_index bigint default null,
  tenant_id uuid default null
)
returns setof audit_private.chain_row
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  tenant constant uuid := audit_private.listed_tenant(list_seals.tenant_id);
begin
  return query
  select s.tenant_id, t.name, s.seal_number, s.log_index, s.epoch, s.sealed_at, s.event_count, s.running_count, s.first_at,
    s.last_at, encode(s.seal_hash, 'hex')
  from audit_private.seal s
  join audit_private.tenant t on t.tenant_id = s.tenant_id
  where (tenant is null or s.tenant_id = tenant)
    and (list_seals.before_index is null or s.log_index < list_seals.before_index)
  order by s.log_index desc
  limit least(greatest(list_seals.up_to, 1), 10000);
  perform audit_private.release_tenant();
end
$$;
comment on function audit.list_seals(integer, bigint, uuid) is
  'seals, newest first; before_index => the log_index of the last row reads on; of every tenant for audit_operator and '
  'audit_auditor, of their own for audit_admin';
grant execute on function audit.list_seals(integer, bigint, uuid) to audit_admin, audit_operator, audit_auditor;
