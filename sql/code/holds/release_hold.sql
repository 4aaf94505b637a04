-- What was to be erased and was held goes in the same transaction, as far as no other hold keeps it. The tenant's row and
-- the gate come first, as whoever places a hold or erases takes them.
create or replace function audit.release_hold(name text, reason text, tenant_id uuid default null)
returns boolean
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  tenant constant uuid := audit_private.require_tenant(release_hold.tenant_id);
  checked_reason constant text := audit_private.check_reason(release_hold.reason);
  given_name constant text := btrim(release_hold.name);
  told_name text;
  waiting uuid;
  carried_out record;
  released audit_private.legal_hold;
begin
  perform audit_private.require_read_committed();
  perform from audit_private.tenant t where t.tenant_id = tenant for no key update;
  perform audit_private.pass_gate();
  update audit_private.legal_hold h
  set released_at = clock_timestamp(),
    released_by = audit_private.recorded_by(),
    release_reason = checked_reason
  where h.tenant_id = tenant and h.name = given_name and h.released_at is null
  returning h.* into released;
  if not found then
    if not exists (select from audit_private.legal_hold h where h.tenant_id = tenant and h.name = given_name) then
      raise exception using
        errcode = 'WT111',
        message = format('there is no hold %s', coalesce(quote_literal(given_name), 'null')),
        detail = 'No hold of this name was ever placed.',
        hint = 'select name, placed_at, released_at from audit.list_holds();';
    end if;
    perform audit_private.release_tenant();
    return false;
  end if;
  perform audit_private.cut_holds(tenant);
  select h.name into told_name
  from audit_private.legal_hold h
  where h.tenant_id = tenant and h.hold_id = released.hold_id;
  perform audit_private.write_system_event(
    tenant_id => tenant,
    action => 'hold_released',
    entity_type => 'audit_hold',
    entity_id => told_name,
    description => format('Legal hold %s released', told_name),
    metadata => jsonb_build_object('reason', checked_reason));
  for waiting in
    select x.erasure_id from audit_private.erasure x where x.tenant_id = tenant and x.held > 0 order by x.requested_at
  loop
    carried_out := audit_private.carry_out_erasure(tenant, waiting);
    if carried_out.erased > 0 then
      perform audit_private.tell_erasure(tenant, waiting, carried_out.erased, carried_out.held, carried_out.exports);
    end if;
  end loop;
  perform audit_private.release_tenant();
  return true;
end
$$;
comment on function audit.release_hold(text, text, uuid) is
  'ends a hold: what it kept follows the retention again, and is erased where that was asked for; true when it stood; for '
  'audit_admin; raises WT021, WT037 and WT111';
grant execute on function audit.release_hold(text, text, uuid) to audit_admin;
