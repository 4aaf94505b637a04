-- What counts, whatever the job has come to note: a cancellation from the moment it is committed, the end of the 24
-- hours from the moment it is there.
create or replace function audit_private.export_state(export audit_private.export)
returns text
language sql
volatile
parallel restricted
security definer
set search_path = pg_catalog, pg_temp
as $$
  select case
    when (export_state.export).state in ('pending', 'running', 'completed') and exists (
      select from audit_private.export_cancellation c
      where c.tenant_id = (export_state.export).tenant_id and c.export_id = (export_state.export).export_id
    ) then 'cancelled'
    when (export_state.export).state = 'completed' and (export_state.export).expires_at <= clock_timestamp() then 'expired'
    else (export_state.export).state
  end
$$;
comment on function audit_private.export_state(audit_private.export) is
  'pending, running, completed, failed, cancelled or expired';
