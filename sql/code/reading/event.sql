-- Two views. readable_event holds the columns and their order once; it has only the tenant wall of
-- the table, so nobody but the owner's reading functions may use it. audit.event is what people query.
--
-- The first condition of audit.event has no column in it, so the server makes it a one-time filter above
-- every scan: it is asked before the first row, also when an index finds none. It raises rather than
-- answering null. The second holds rows and session to one tenant: conditions of the caller's own may run
-- between the two and the wall, and change the context meanwhile.
--
-- No security_barrier: the policy of the table is one, and the one-time filter comes before any function
-- of the caller's own. It would keep "order by occurred_at desc limit 100" from reading just 100 rows.
create or replace view audit_private.readable_event as
select
  e.tenant_id,
  e.occurred_at,
  e.id,
  e.recorded_at,
  e.sequence,
  e.transaction_id,
  e.source,
  a.category,
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
  e.recorded_by
from audit_private.event e
left join audit_private.action a on a.action = e.action;
comment on view audit_private.readable_event is 'events of the visible tenant as readers see them';

create or replace view audit.event as
select e.*
from audit_private.readable_event e
where (select audit_private.open_reading()) is not null
  and e.tenant_id = (select audit_private.open_reading());
comment on view audit.event is
  'The tenant''s events. Needs a tenant and an open access session; each statement is logged with its text. '
  'Raises WT001, WT030, WT031, WT032, WT035 or WT036.';
comment on column audit.event.tenant_id is 'whose event it is';
comment on column audit.event.occurred_at is 'when it happened';
comment on column audit.event.id is 'UUIDv7 that gives occurred_at to the microsecond';
comment on column audit.event.recorded_at is 'when it was written';
comment on column audit.event.sequence is 'orders events of one entity that share a microsecond';
comment on column audit.event.transaction_id is 'number of the transaction that wrote it';
comment on column audit.event.source is 'logged, captured, imported or system';
comment on column audit.event.category is 'category of the action';
comment on column audit.event.action is 'what was done';
comment on column audit.event.entity_type is 'to what kind of thing';
comment on column audit.event.entity_id is 'to which thing';
comment on column audit.event.actor_type is 'by what kind of actor';
comment on column audit.event.actor_id is 'by whom';
comment on column audit.event.actor is 'snapshot of the actor at that moment';
comment on column audit.event.description is 'the event in words';
comment on column audit.event.target is 'snapshot of what was acted on; type and id of the entity when none was given';
comment on column audit.event.changes is 'column to {old, new}';
comment on column audit.event.metadata is 'whatever else the application told';
comment on column audit.event.outcome is 'success or failure';
comment on column audit.event.error_message is 'why it failed';
comment on column audit.event.ip is 'address that the request came from';
comment on column audit.event.user_agent is 'the client''s own name';
comment on column audit.event.request_id is 'ties together what one request did';
comment on column audit.event.recorded_by is 'login, and SET ROLE role behind a slash, that wrote it';
grant select on audit.event to audit_reader, audit_admin, audit_privacy, audit_auditor;
