-- From here on nobody places or releases a hold of the tenant (its row, which the caller has locked), no purge is under
-- way (the gate) and no chunk of an export is written: what is decided holds until the transaction ends. Other tenants wait
-- for nothing of it. Called
-- once more for an erasure when a hold is released.
create or replace function audit_private.carry_out_erasure(
  tenant_id uuid,
  erasure_id uuid,
  names text[] default '{}',
  pseudonyms text[] default '{}',
  patterns text[] default '{}',
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
  known constant audit_private.erasure := (
    select x
    from audit_private.erasure x
    where x.tenant_id = carry_out_erasure.tenant_id and x.erasure_id = carry_out_erasure.erasure_id
  );
begin
  perform audit_private.pass_gate();
  perform audit_private.hold_off_exports(known.tenant_id);
  perform audit_private.decide_pending(known.tenant_id, known.erasure_id);
  exports := audit_private.empty_exports(
    known.tenant_id, known.erasure_id, carry_out_erasure.names, carry_out_erasure.patterns);
  erased := audit_private.erase_pending(known.tenant_id, known.erasure_id, known.kind <> 'data');
  if carry_out_erasure.patterns <> '{}' then
    perform audit_private.erase_beside(
      known.tenant_id, carry_out_erasure.names, carry_out_erasure.pseudonyms, carry_out_erasure.patterns);
  end if;
  held := (
    select count(*)
    from audit_private.pending_erasure p
    where p.tenant_id = known.tenant_id and p.erasure_id = known.erasure_id
  );
  update audit_private.erasure x
  set erased = x.erased + carry_out_erasure.erased,
    held = carry_out_erasure.held,
    exports = x.exports + carry_out_erasure.exports
  where x.tenant_id = known.tenant_id and x.erasure_id = known.erasure_id;
end
$$;
comment on function audit_private.carry_out_erasure(uuid, uuid, text[], text[], text[]) is
  'erases what an erasure has found and no hold keeps, and empties exports; of how many events it did, how many a hold '
  'keeps, and how many exports';
