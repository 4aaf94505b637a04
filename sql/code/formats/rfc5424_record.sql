-- Structured data has no escape for line ends, and receivers that part messages by lines would take what follows one for a
-- message of its own, forged by whoever wrote the text: they are shown as the signs U+240A and U+240D. Names and codes
-- hold nothing that is escaped. The message begins with a byte order mark, which says that it is UTF-8.
create or replace function audit_private.rfc5424_record(e audit_private.delivered_event, options jsonb)
returns text
language sql
stable
parallel safe
as $$
  select pg_catalog.replace(pg_catalog.replace(pg_catalog.concat(
    '<', 8 * coalesce((options ->> 'facility')::integer, 13) + case
      when audit_private.event_severity(e.action, e.outcome, e.category) < 3 then 5 else 4
    end, '>1 ',
    pg_catalog.to_char(e.occurred_at at time zone interval '0', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z "'),
    coalesce(options ->> 'host_name', '-'), ' ',
    coalesce(options ->> 'application', 'pgwitness'), ' - ',
    pg_catalog."left"(e.action, 32),
    ' [pgwitness@', coalesce(options ->> 'enterprise_number', '32473'),
    ' tenant_id="', e.tenant_id, '"',
    audit_private.rfc5424_parameter('tenant_name', e.tenant_name),
    ' id="', e.id,
    '" recorded_at="',
    pg_catalog.to_char(e.recorded_at at time zone interval '0', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    '" sequence="', e.sequence,
    '" transaction_id="', e.transaction_id,
    '" source="', e.source, '"',
    audit_private.rfc5424_parameter('category', e.category),
    ' action="', e.action, '"',
    audit_private.rfc5424_parameter('action_title', e.action_title),
    ' entity_type="', e.entity_type, '"',
    audit_private.rfc5424_parameter('entity_id', e.entity_id),
    ' actor_type="', e.actor_type, '"',
    audit_private.rfc5424_parameter('actor_id', e.actor_id),
    audit_private.rfc5424_parameter('actor', e.actor::text),
    audit_private.rfc5424_parameter('target', e.target::text),
    audit_private.rfc5424_parameter('changes', e.changes::text),
    audit_private.rfc5424_parameter('metadata', e.metadata::text),
    ' outcome="', e.outcome, '"',
    audit_private.rfc5424_parameter('error_message', e.error_message),
    audit_private.rfc5424_parameter('ip', pg_catalog.host(e.ip)),
    audit_private.rfc5424_parameter('user_agent', e.user_agent),
    audit_private.rfc5424_parameter('request_id', e.request_id),
    audit_private.rfc5424_parameter('recorded_by', e.recorded_by),
    E'] \ufeff', coalesce(e.description, e.action_title, e.action)), E'\n', E'\u240a'), E'\r', E'\u240d')
$$;
comment on function audit_private.rfc5424_record(audit_private.delivered_event, jsonb) is
  'an event as a syslog message of RFC 5424';
grant execute on function audit_private.rfc5424_record(audit_private.delivered_event, jsonb) to audit_keeper;
