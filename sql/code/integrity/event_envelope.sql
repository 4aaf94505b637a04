-- No column of it can be null, so a line is left out for none; were one null all the same, since somebody has changed the
-- table, there would be no envelope and no leaf, rather than one that another event has as well. A separator takes less
-- time than a newline after each value.
create or replace function audit_private.event_envelope(e audit_private.event)
returns text
language sql
stable
parallel safe
as $$
  select case
    when pg_catalog.num_nulls(
        e.tenant_id, e.occurred_at, e.id, e.recorded_at, e.sequence, e.transaction_id, e.source, e.action, e.entity_type,
        e.actor_type, e.outcome) = 0
    then pg_catalog.concat_ws(
        E'\n', 'pgwitness/event/1', e.tenant_id, audit_private.microseconds(e.occurred_at), e.id,
        audit_private.microseconds(e.recorded_at), e.sequence, e.transaction_id, e.source, e.action, e.entity_type,
        e.actor_type, e.outcome, audit_private.counted_text(e.recorded_by))
  end
$$;
comment on function audit_private.event_envelope(audit_private.event) is 'what is never erased of an event, as it is sealed';
grant execute on function audit_private.event_envelope(audit_private.event) to audit_finder, audit_keeper;
