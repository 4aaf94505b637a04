-- For audit_privacy, within the tenant: the database can't tell whether a ledger is genuine, and whoever may erase any of the
-- tenant's events loses nothing by that, where an operator could make up a ledger. It goes by keys, so what the log keeps
-- beside its events isn't found: where the request is still known, audit.erase_subject does that.
create or replace function audit.replay_erasures(
  entries jsonb,
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
  tenant constant uuid := audit_private.require_tenant(replay_erasures.tenant_id);
begin
  erasure_id := audit_private.begin_erasure(tenant, 'replay', replay_erasures.reason);
  perform audit_private.note_erased(
    tenant, replay_erasures.erasure_id, array_agg(e.event_id order by e.event_id), array_agg(e.groups::text order by e.event_id))
  from audit_private.read_ledger(replay_erasures.entries) e
  where e.kind = 'erasure' and e.tenant_id = tenant;
  select c.erased, c.held, c.exports into erased, held, exports
  from audit_private.carry_out_erasure(tenant, erasure_id) c;
  perform audit_private.tell_erasure(tenant, erasure_id, erased, held, exports);
  perform audit_private.release_tenant();
end
$$;
comment on function audit.replay_erasures(jsonb, text, uuid) is
  'Erases in the tenant''s events once more what a ledger tells, after an older backup was restored; the lines of other '
  'tenants are passed over. Returns what audit.erase_events does. For audit_privacy; raises WT021, WT036, WT037 and WT141.';
grant execute on function audit.replay_erasures(jsonb, text, uuid) to audit_privacy;
