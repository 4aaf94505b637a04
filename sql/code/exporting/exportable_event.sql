-- The columns of audit.event, behind the same wall and gate, and the texts that a filter looks through: whoever reads it
-- may call no function of audit_private by name. Categories are looked up in one value that is made once a statement: a
-- join to the catalogue takes as long as reading the events does.
create or replace view audit.exportable_event as
select
  e.tenant_id,
  e.occurred_at,
  e.id,
  e.recorded_at,
  e.sequence,
  e.transaction_id,
  e.source,
  (select jsonb_object_agg(a.action, a.category) from audit_private.action a) ->> e.action as category,
  e.action,
  e.entity_type,
  e.entity_id,
  e.actor_type,
  e.actor_id,
  e.actor,
  e.description,
  coalesce(e.target, jsonb_build_object('type', e.entity_type, 'id', e.entity_id)) as target,
  e.changes,
  e.metadata,
  e.outcome,
  e.error_message,
  e.ip,
  e.user_agent,
  e.request_id,
  e.recorded_by,
  audit_private.search_text_v1(e.description, e.actor, e.target, e.metadata) as search_text,
  audit_private.search_text_v1(e.actor_id, e.actor, null, null) as actor_text
from audit_private.event e
where (select audit_private.open_reading()) is not null
  and e.tenant_id = (select audit_private.open_reading());
comment on view audit.exportable_event is
  'audit.event with the texts that a filter looks through; what the statement of audit.begin_export reads';
grant select on audit.exportable_event to audit_reader, audit_admin, audit_privacy, audit_auditor;
grant execute on function audit_private.search_text_v1(text, jsonb, jsonb, jsonb)
  to audit_reader, audit_admin, audit_privacy, audit_auditor;
