set local role audit_keeper;
create or replace function audit_private.note_purge_error(run_id uuid, tenant_id uuid, error text)
returns void
language sql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
  update audit_private.purge_receipt r
  set error = concat_ws('; ', r.error, note_purge_error.error)
  where r.run_id = note_purge_error.run_id
    and (r.tenant_id = note_purge_error.tenant_id or note_purge_error.tenant_id is null and r.predicted > r.removed)
$$;
comment on function audit_private.note_purge_error(uuid, uuid, text) is
  'what kept a purge from removing events of a tenant, or of every one that still has some, stands on the receipt';
