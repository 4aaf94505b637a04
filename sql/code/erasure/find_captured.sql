set local role audit_keeper;
-- By index in partitions that are closed.
create or replace function audit_private.find_captured(
  tenant_id uuid,
  erasure_id uuid,
  entity_type text,
  entity_ids text[]
)
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set datestyle = 'ISO, YMD'
set jit = off
as $$
declare
  span record;
begin
  for span in select w.* from audit_private.event_windows(null, null) w loop
    execute format(
      'insert into audit_private.pending_erasure (tenant_id, erasure_id, occurred_at, event_id, groups)
      select %1$L::uuid, %2$L::uuid, e.occurred_at, e.id, ''{payload}''
      from audit_private.event e
      where e.tenant_id = %1$L::uuid
        and e.occurred_at >= %3$L::timestamptz
        and e.occurred_at < %4$L::timestamptz
        and e.entity_type = %5$L
        and e.entity_id = any ($1)
        and e.source = ''captured''
        and e.payload_digest is null
      on conflict do nothing',
      find_captured.tenant_id, find_captured.erasure_id, span.window_from, span.window_until, find_captured.entity_type)
    using find_captured.entity_ids;
  end loop;
end
$$;
comment on function audit_private.find_captured(uuid, uuid, text, text[]) is
  'notes what was captured of rows, whose values are to be erased';
grant execute on function audit_private.find_captured(uuid, uuid, text, text[]) to audit_owner;
