set local role audit_writer;
create or replace function audit_private.store_one_by_one(tenant_id uuid, events jsonb)
returns integer
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  e record;
  stored integer := 0;
  failed_code text;
  failed_message text;
  failed_detail text;
  failed_hint text;
begin
  for e in select b.* from audit_private.batch_events(store_one_by_one.events) b order by b.index loop
    stored := stored + (audit.log_event(
      action => e.action, entity_type => e.entity_type, entity_id => e.entity_id,
      description => e.description, metadata => e.metadata, target => e.target, changes => e.changes,
      outcome => e.outcome, error_message => e.error_message, occurred_at => e.occurred_at,
      idempotency_key => e.idempotency_key, actor_id => e.actor_id, actor_type => e.actor_type,
      actor => e.actor, tenant_id => store_one_by_one.tenant_id) is not null)::integer;
  end loop;
  return stored;
exception when sqlstate 'WT010' or sqlstate 'WT011' or sqlstate 'WT012' or sqlstate 'WT013' or sqlstate 'WT014'
  or sqlstate 'WT015' or sqlstate 'WT016' or sqlstate 'WT017'
then
  get stacked diagnostics
    failed_code = returned_sqlstate,
    failed_message = message_text,
    failed_detail = pg_exception_detail,
    failed_hint = pg_exception_hint;
  raise exception using
    errcode = failed_code,
    message = format('event %s: %s', e.index, failed_message),
    detail = failed_detail,
    hint = failed_hint;
end
$$;
comment on function audit_private.store_one_by_one(uuid, jsonb) is
  'logs a batch event by event; returns how many were stored; a refusal names the index';
