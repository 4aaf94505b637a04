-- What was read before it commits may still arrive.
create or replace function audit.withdraw_sink_approval(name text, reason text, tenant_id uuid default null)
returns boolean
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  tenant constant uuid := audit_private.require_tenant(withdraw_sink_approval.tenant_id);
  checked_reason constant text := audit_private.check_reason(withdraw_sink_approval.reason);
  is_withdrawn boolean;
begin
  is_withdrawn := exists (select from audit_private.end_sink_approvals(withdraw_sink_approval.name, array[tenant]));
  if is_withdrawn then
    perform audit_private.write_system_event(
      tenant_id => tenant,
      action => 'sink_approval_withdrawn',
      entity_type => 'audit_sink',
      entity_id => withdraw_sink_approval.name,
      description => format('Approval of sink %s withdrawn', withdraw_sink_approval.name),
      metadata => jsonb_build_object('reason', checked_reason));
  end if;
  perform audit_private.release_tenant();
  return is_withdrawn;
end
$$;
comment on function audit.withdraw_sink_approval(text, text, uuid) is
  'no longer lets a sink carry events of the tenant; true when that changed anything; for audit_admin; raises WT021';
grant execute on function audit.withdraw_sink_approval(text, text, uuid) to audit_admin;
