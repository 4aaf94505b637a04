-- From here on nobody places or releases a hold of the tenant (its row, which the caller has locked), no purge is under
-- way (the gate) and no chunk of an export is written: what is decided holds until the transaction ends. Other tenants wait
-- for nothing of it. Called once more for an erasure when a hold is released.
create or replace function audit_private.carry_out_erasure(
  tenant_id uuid,
  erasure_id uuid,
  names text[] default '{}',
  pseudonyms text[] default '{}',
  patterns text[] default '{}'
)
returns audit_private.erasure
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  exports_now bigint;
  erased_now bigint;
  carried_out audit_private.erasure;
begin
  perform audit_private.pass_gate();
  perform audit_private.hold_off_exports(carry_out_erasure.tenant_id);
  perform audit_private.decide_pending(carry_out_erasure.tenant_id, carry_out_erasure.erasure_id);
  exports_now := audit_private.empty_exports(
    carry_out_erasure.tenant_id, carry_out_erasure.erasure_id, carry_out_erasure.names, carry_out_erasure.patterns);
  erased_now := audit_private.erase_pending(carry_out_erasure.tenant_id, carry_out_erasure.erasure_id);
  if carry_out_erasure.patterns <> '{}' then
    perform audit_private.erase_beside(
      carry_out_erasure.tenant_id, carry_out_erasure.names, carry_out_erasure.pseudonyms, carry_out_erasure.patterns);
  end if;
  update audit_private.erasure x
  set erased = x.erased + erased_now,
    exports = x.exports + exports_now,
    held = (
      select count(*)
      from audit_private.pending_erasure p
      where p.tenant_id = x.tenant_id and p.erasure_id = x.erasure_id
    )
  where x.tenant_id = carry_out_erasure.tenant_id and x.erasure_id = carry_out_erasure.erasure_id
  returning * into carried_out;
  perform audit_private.write_system_event(
    tenant_id => carried_out.tenant_id,
    action => case carried_out.kind when 'subject' then 'subject_erased' else 'events_erased' end,
    entity_type => 'audit_erasure',
    entity_id => carried_out.erasure_id::text,
    description => format(
      case carried_out.kind when 'subject' then 'A person was erased from %s events' else '%s events were erased' end,
      erased_now),
    metadata => jsonb_build_object(
      'kind', carried_out.kind, 'reason', carried_out.reason, 'erased', erased_now, 'held', carried_out.held,
      'exports', exports_now));
  return carried_out;
end
$$;
comment on function audit_private.carry_out_erasure(uuid, uuid, text[], text[], text[]) is
  'erases what an erasure has found and no hold keeps, empties exports, and writes the event of it; its own transaction''s';
