create or replace function audit_private.event_envelope(e audit_private.event)
returns text
language sql
stable
parallel safe
as $$
  select pg_catalog.concat(
    E'pgwitness/event/1\n',
    e.tenant_id, E'\n', audit_private.microseconds(e.occurred_at), E'\n', e.id, E'\n',
    audit_private.microseconds(e.recorded_at), E'\n', e.sequence, E'\n', e.transaction_id, E'\n',
    e.source, E'\n', e.action, E'\n', e.entity_type, E'\n', e.actor_type, E'\n', e.outcome, E'\n',
    audit_private.counted_text(e.recorded_by))
$$;
comment on function audit_private.event_envelope(audit_private.event) is 'what is never erased of an event, as it is sealed';
grant execute on function audit_private.event_envelope(audit_private.event) to audit_finder, audit_keeper;
