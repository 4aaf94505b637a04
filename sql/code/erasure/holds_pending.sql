set local role audit_keeper;
-- The condition is one that start_exports or export_condition has made: only the owner may call this.
create or replace function audit_private.holds_pending(tenant_id uuid, erasure_id uuid, condition text)
returns boolean
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
set enable_nestloop = off
set datestyle = 'ISO, YMD'
as $$
declare
  span record;
  is_found boolean;
begin
  for span in select w.* from audit_private.pending_windows(holds_pending.tenant_id, holds_pending.erasure_id) w loop
    execute format(
      'select exists (
        select
        from (
          select e.*, audit_private.search_text_v1(e.description, e.actor, e.target, e.metadata) as search_text,
            audit_private.search_text_v1(e.actor_id, e.actor, null, null) as actor_text
          from audit_private.pending_erasure p
          join audit_private.event e on e.occurred_at = p.occurred_at and e.id = p.event_id
          where p.tenant_id = %1$L::uuid
            and p.erasure_id = %2$L::uuid
            and p.occurred_at >= %3$L::timestamptz
            and p.occurred_at < %4$L::timestamptz
            and not p.is_held
            and e.tenant_id = %1$L::uuid
            and e.occurred_at >= %3$L::timestamptz
            and e.occurred_at < %4$L::timestamptz
        ) e
        where %5$s
      )',
      holds_pending.tenant_id, holds_pending.erasure_id, span.window_from, span.window_until, holds_pending.condition)
    into is_found;
    if is_found then
      return true;
    end if;
  end loop;
  return false;
end
$$;
comment on function audit_private.holds_pending(uuid, uuid, text) is
  'whether any of the events that an erasure is about to erase meets the condition of an export';
grant execute on function audit_private.holds_pending(uuid, uuid, text) to audit_owner;
