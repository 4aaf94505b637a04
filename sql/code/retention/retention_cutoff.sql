-- By the statement's time: what expires while a transaction stands open can't be read in it any more.
create or replace function audit_private.retention_cutoff(tenant_id uuid)
returns timestamptz
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(min(statement_timestamp() - p.days * interval '24 hours'), '-infinity')
  from audit_private.policies_in_force(statement_timestamp()) p
  where p.tenant_id = retention_cutoff.tenant_id
$$;
comment on function audit_private.retention_cutoff(uuid) is
  'events strictly older than this have expired, unless a floor of their category or a hold keeps them';
grant execute on function audit_private.retention_cutoff(uuid) to audit_writer, audit_finder, audit_keeper;
