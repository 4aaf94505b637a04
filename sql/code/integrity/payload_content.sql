create or replace function audit_private.payload_content(e audit_private.event)
returns text
language sql
stable
parallel safe
as $$
  select pg_catalog.concat(e.actor, E'\n', e.target, E'\n', e.changes, E'\n', e.metadata, E'\n', e.ip, E'\n')
    || audit_private.counted_text(e.description) || audit_private.counted_text(e.user_agent)
    || audit_private.counted_text(e.request_id) || audit_private.counted_text(e.error_message)
$$;
comment on function audit_private.payload_content(audit_private.event) is 'an event''s payload as it is sealed';
grant execute on function audit_private.payload_content(audit_private.event) to audit_finder, audit_keeper;
