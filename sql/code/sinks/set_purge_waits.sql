-- The way out when a receiver is gone for good: without it, purges would wait for ever. A purge that is deleting just now
-- is waited for, as everybody does who keeps more from it.
create or replace function audit.set_purge_waits(name text, waits boolean, reason text)
returns boolean
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  checked_reason constant text := audit_private.check_reason(set_purge_waits.reason);
  wanted constant boolean := coalesce(set_purge_waits.waits, false);
  known audit_private.sink;
begin
  perform audit_private.require_read_committed();
  perform audit_private.pass_gate();
  known := audit_private.known_sink(set_purge_waits.name);
  if known.purge_waits = wanted then
    return false;
  end if;
  update audit_private.sink s
  set purge_waits = wanted, options = s.options || jsonb_build_object('purge_waits', wanted)
  where s.sink_name = known.sink_name;
  perform audit_private.write_system_event(
    tenant_id => t.tenant_id,
    action => 'sink_purge_wait_set',
    entity_type => 'audit_sink',
    entity_id => known.sink_name,
    description => format(
      case when wanted then 'Purges wait for sink %s' else 'Purges no longer wait for sink %s' end, known.sink_name),
    metadata => jsonb_build_object('reason', checked_reason),
    changes => jsonb_build_object('purge_waits', jsonb_build_object('old', known.purge_waits, 'new', wanted)))
  from (
    select '00000000-0000-0000-0000-000000000000'::uuid as tenant_id
    union
    select a.tenant_id from audit_private.sink_approval a where a.sink_name = known.sink_name and a.ended_at is null
  ) t;
  return true;
end
$$;
comment on function audit.set_purge_waits(text, boolean, text) is
  'whether purges leave what a sink has not delivered; true when that changed anything; for audit_operator; raises WT021 and WT150';
grant execute on function audit.set_purge_waits(text, boolean, text) to audit_operator;
