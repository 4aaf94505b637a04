-- Waits for the batch that is removing just now, and the run stops after it.
create or replace function audit.disarm_data_retention(relation regclass, reason text)
returns boolean
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  checked_reason constant text := audit_private.check_reason(disarm_data_retention.reason);
  entry audit_private.data_retention;
begin
  perform audit_private.lock_catalogue();
  entry := audit_private.known_data_retention(disarm_data_retention.relation);
  update audit_private.data_retention d
  set armed_at = null, armed_by = null, approved_rows = null, last_complete_at = null
  where d.relation = entry.relation and d.armed_at is not null;
  if not found then
    return false;
  end if;
  perform audit_private.write_system_event(
    tenant_id => '00000000-0000-0000-0000-000000000000'::uuid,
    action => 'data_retention_disarmed'::text,
    entity_type => 'audit_data_retention'::text,
    entity_id => entry.relation,
    description => format('Data retention of %s disarmed', entry.relation),
    metadata => jsonb_build_object('reason', checked_reason));
  return true;
end
$$;
comment on function audit.disarm_data_retention(regclass, text) is
  'lets purge_data remove nothing more of a table; true when that changed anything; for audit_operator; raises WT021 and WT112';
grant execute on function audit.disarm_data_retention(regclass, text) to audit_operator;
