set local role audit_keeper;
-- The act itself, one statement a window: digests in the place of what goes, the group salts of what stays in the place
-- of the salt, so that every leaf stays as it was. A group that another erasure has come to first stays as that left it. Keys
-- of repeats go with the event, since theirs are digests of what it held; a repeat within the day is logged again.
create or replace function audit_private.erase_pending(tenant_id uuid, erasure_id uuid, is_noted boolean)
returns bigint
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
  erased_now bigint;
  erased_in_all bigint := 0;
begin
  for span in select w.* from audit_private.pending_windows(erase_pending.tenant_id, erase_pending.erasure_id) w loop
    execute format(
      'with due as (
        delete from audit_private.pending_erasure p
        using audit_private.event e
        where p.tenant_id = %1$L::uuid
          and p.erasure_id = %2$L::uuid
          and p.occurred_at >= %3$L::timestamptz
          and p.occurred_at < %4$L::timestamptz
          and not p.is_held
          and e.tenant_id = %1$L::uuid
          and e.occurred_at >= %3$L::timestamptz
          and e.occurred_at < %4$L::timestamptz
          and e.occurred_at = p.occurred_at
          and e.id = p.event_id
        returning p.occurred_at, p.event_id, p.pseudonym,
          ''actor_id'' = any (p.groups) and e.actor_id_digest is null as erases_actor_id,
          ''entity_id'' = any (p.groups) and e.entity_id_digest is null as erases_entity_id,
          ''payload'' = any (p.groups) and e.payload_digest is null as erases_payload
      ),
      erased as (
        update audit_private.event e
        set actor_id = case when d.erases_actor_id then d.pseudonym else e.actor_id end,
          actor_id_digest = case when d.erases_actor_id then audit_private.actor_id_digest(e) else e.actor_id_digest end,
          entity_id = case when d.erases_entity_id then null else e.entity_id end,
          entity_id_digest = case when d.erases_entity_id then audit_private.entity_id_digest(e) else e.entity_id_digest end,
          description = case when d.erases_payload then null else e.description end,
          actor = case when d.erases_payload then null else e.actor end,
          target = case when d.erases_payload then null else e.target end,
          changes = case when d.erases_payload then null else e.changes end,
          metadata = case when d.erases_payload then null else e.metadata end,
          ip = case when d.erases_payload then null else e.ip end,
          user_agent = case when d.erases_payload then null else e.user_agent end,
          request_id = case when d.erases_payload then null else e.request_id end,
          error_message = case when d.erases_payload then null else e.error_message end,
          payload_digest = case when d.erases_payload then audit_private.payload_digest(e) else e.payload_digest end,
          derived_salts = audit_private.left_salts(e, d.erases_actor_id, d.erases_entity_id, d.erases_payload),
          salt = null
        from due d
        where e.tenant_id = %1$L::uuid
          and e.occurred_at >= %3$L::timestamptz
          and e.occurred_at < %4$L::timestamptz
          and e.occurred_at = d.occurred_at
          and e.id = d.event_id
          and (d.erases_actor_id or d.erases_entity_id or d.erases_payload)
        returning d.*
      ),
      forgotten as (
        delete from audit_private.idempotency_key k
        using erased x
        where k.tenant_id = %1$L::uuid and k.event_id = x.event_id
      ),
      noted as (
        insert into audit_private.erased_event (tenant_id, erasure_id, occurred_at, event_id, groups)
        select %1$L::uuid, %2$L::uuid, x.occurred_at, x.event_id, array_remove(array[
          case when x.erases_actor_id then ''actor_id'' end,
          case when x.erases_entity_id then ''entity_id'' end,
          case when x.erases_payload then ''payload'' end], null)
        from erased x
        where %5$L
      )
      select count(*) from erased',
      erase_pending.tenant_id, erase_pending.erasure_id, span.window_from, span.window_until, erase_pending.is_noted)
    into erased_now;
    erased_in_all := erased_in_all + erased_now;
  end loop;
  delete from audit_private.pending_erasure p
  where p.tenant_id = erase_pending.tenant_id and p.erasure_id = erase_pending.erasure_id and not p.is_held;
  return erased_in_all;
end
$$;
comment on function audit_private.erase_pending(uuid, uuid, boolean) is
  'erases what an erasure has found and no hold keeps, and notes it for the ledger; returns of how many events';
grant execute on function audit_private.erase_pending(uuid, uuid, boolean) to audit_owner;
