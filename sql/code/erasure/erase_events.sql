-- Payloads only: who did what to which thing stays, since that is what the log is for, and is a person's only through
-- erase_subject. What the filter seeks in texts is what is to go (a password, say), so it goes from sessions and
-- exports as well: looking for it has put it there.
create or replace function audit.erase_events(
  filter jsonb,
  reason text,
  tenant_id uuid default null,
  out erasure_id uuid,
  out erased bigint,
  out held bigint,
  out exports bigint
)
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  tenant constant uuid := audit_private.require_tenant(erase_events.tenant_id);
  condition constant text := audit_private.filter_condition(erase_events.filter);
  bounds constant record := audit_private.filter_bounds(erase_events.filter);
  sought constant text := nullif(btrim(erase_events.filter ->> 'search'), '');
  written constant text[] := case when length(sought) between 3 and 200 then audit_private.written_patterns(array[sought])
    else '{}' end;
begin
  if erase_events.filter = '{}' then
    perform audit_private.refuse_erasure(
      'The filter is empty, and would find every event of the tenant.',
      'Say which events: filter => ''{"id": "…"}''; audit.search_events shows what a filter finds.');
  end if;
  erasure_id := audit_private.begin_erasure(tenant, 'events', erase_events.reason, '{}', written);
  perform audit_private.erase_notes(tenant, '{}', '{}', written);
  perform audit_private.find_payloads(tenant, erasure_id, condition, bounds.from_time, bounds.until_time);
  select c.erased, c.held, c.exports into erased, held, exports
  from audit_private.carry_out_erasure(tenant, erasure_id, '{}', '{}', written) c;
  perform audit_private.tell_erasure(tenant, erasure_id, erased, held, exports);
  perform audit_private.release_tenant();
end
$$;
comment on function audit.erase_events(jsonb, text, uuid) is
  'Erases the payloads of the events that a filter finds, such as one with a password in it: description, snapshots, '
  'changes, metadata and the like; actor and entity stay. Returns of how many events, how many a hold keeps until it is '
  'released, and how many exports were emptied. For audit_privacy; raises WT021, WT036, WT037, WT040 and WT140.';
grant execute on function audit.erase_events(jsonb, text, uuid) to audit_privacy;
