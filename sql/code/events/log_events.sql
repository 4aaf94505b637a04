set local role audit_writer;
-- All or nothing. Events with an idempotency key go one by one, since each key is a lock of its own, taken
-- in the order given; so do those that may have to be cut. Everything else is one statement.
--
-- The EXCEPTION block costs one subtransaction a batch and buys the index of the event at fault. It catches
-- only what an event's content can raise: a cancelled statement, a lost lock or a full disk pass untouched.
create or replace function audit.log_events(
  events jsonb,
  tenant_id uuid default null,
  out logged integer,
  out muted integer
)
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  tenant constant uuid := audit_private.require_tenant(log_events.tenant_id);
  known_keys constant text[] := '{action,entity_type,entity_id,description,metadata,target,changes,outcome,'
    'error_message,occurred_at,idempotency_key,actor_id,actor_type,actor}';
  given constant integer := audit_private.check_batch(log_events.events, known_keys);
  failed_message text;
begin
  if jsonb_path_exists(log_events.events, '$[*].idempotency_key')
    or exists (select from audit_private.logging_decision d where d.tenant_id = tenant and d.is_cut)
  then
    logged := audit_private.store_one_by_one(tenant, log_events.events);
  else
    logged := audit_private.store_batch(tenant, log_events.events);
  end if;
  muted := given - logged;
  perform audit_private.release_tenant();
exception when data_exception then
  get stacked diagnostics failed_message = message_text;
  raise exception using
    errcode = 'WT013',
    message = format('event %s is not valid: %s',
      coalesce(audit_private.faulty_event(log_events.events)::text, 'of unknown index'), failed_message),
    detail = 'A value has the wrong type.',
    hint = 'Nothing was logged. Times are ISO 8601 text, snapshots and metadata JSON objects.';
end
$$;
comment on function audit.log_events(jsonb, uuid) is
  'logs an array of events, all or none; returns how many were stored and how many toggles silenced; for audit_app';
grant execute on function audit.log_events(jsonb, uuid) to audit_app;
