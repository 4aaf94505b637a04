-- Purges no longer wait for it, and what it hasn't delivered stays undelivered: so it takes a reason, and says how much
-- that was.
create or replace function audit.drop_sink(name text, reason text)
returns boolean
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  checked_reason constant text := audit_private.check_reason(drop_sink.reason);
  known audit_private.sink;
begin
  select s.* into known from audit_private.sink s where s.sink_name = drop_sink.name for update;
  if not found then
    return false;
  end if;
  perform audit_private.write_system_event(
    tenant_id => t.tenant_id,
    action => 'sink_dropped',
    entity_type => 'audit_sink',
    entity_id => known.sink_name,
    description => format('Sink %s dropped', known.sink_name),
    metadata => jsonb_build_object(
      'reason', checked_reason, 'purge_waits', known.purge_waits, 'seals_behind', (
        select g.log_size - known.log_index from audit_private.sealing g)))
  from (
    select '00000000-0000-0000-0000-000000000000'::uuid as tenant_id
    union
    select unnest(known.tenant_ids)
    union
    select a.tenant_id from audit_private.sink_approval a where a.sink_name = known.sink_name and a.ended_at is null
  ) t;
  delete from audit_private.sink s where s.sink_name = known.sink_name;
  return true;
end
$$;
comment on function audit.drop_sink(text, text) is
  'forgets a sink and how far it has come; true when there was one; for audit_operator; raises WT021';
grant execute on function audit.drop_sink(text, text) to audit_operator;
