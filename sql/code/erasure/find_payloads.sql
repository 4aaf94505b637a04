set local role audit_keeper;
-- The condition comes from audit_private.filter_condition and from nowhere else: only the owner may call this. What has
-- expired is found too, since it is still there.
create or replace function audit_private.find_payloads(
  tenant_id uuid,
  erasure_id uuid,
  condition text,
  from_time timestamptz,
  until_time timestamptz
)
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
set datestyle = 'ISO, YMD'
as $$
declare
  span record;
begin
  for span in select w.* from audit_private.event_windows(find_payloads.from_time, find_payloads.until_time) w loop
    execute format(
      'insert into audit_private.pending_erasure (tenant_id, erasure_id, occurred_at, event_id, groups)
      select %1$L::uuid, %2$L::uuid, e.occurred_at, e.id, ''{payload}''
      from audit_private.event e
      where e.tenant_id = %1$L::uuid
        and e.occurred_at >= %3$L::timestamptz
        and e.occurred_at < %4$L::timestamptz
        and e.payload_digest is null
        and (%5$s)',
      find_payloads.tenant_id, find_payloads.erasure_id, span.window_from, span.window_until, find_payloads.condition);
  end loop;
end
$$;
comment on function audit_private.find_payloads(uuid, uuid, text, timestamptz, timestamptz) is
  'notes the events of a tenant that meet a condition, whose payloads are to be erased';
grant execute on function audit_private.find_payloads(uuid, uuid, text, timestamptz, timestamptz) to audit_owner;
