create or replace function audit.cancel_retention_change(reason text, tenant_id uuid default null)
returns boolean
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  tenant constant uuid := audit_private.require_tenant(cancel_retention_change.tenant_id);
  checked_reason constant text := audit_private.check_reason(cancel_retention_change.reason);
  cancelled audit_private.retention_policy;
begin
  perform audit_private.require_read_committed();
  perform from audit_private.tenant t where t.tenant_id = tenant for no key update;
  perform audit_private.pass_gate();
  delete from audit_private.retention_policy p
  where p.tenant_id = tenant and p.takes_effect_at > clock_timestamp()
  returning p.* into cancelled;
  if found then
    perform audit_private.write_system_event(
      tenant_id => tenant,
      action => 'retention_change_cancelled',
      entity_type => 'audit_retention',
      entity_id => null,
      description => format('Keeping events only %s days, from %s on, was cancelled',
        cancelled.days, to_char(cancelled.takes_effect_at, 'YYYY-MM-DD HH24:MI TZH:TZM')),
      metadata => jsonb_build_object(
        'reason', checked_reason, 'days', cancelled.days, 'takes_effect_at', cancelled.takes_effect_at));
  end if;
  perform audit_private.release_tenant();
  return cancelled.tenant_id is not null;
end
$$;
comment on function audit.cancel_retention_change(text, uuid) is
  'drops the change of retention that waits to take effect; true when there was one; for audit_admin; raises WT021';
grant execute on function audit.cancel_retention_change(text, uuid) to audit_admin;
