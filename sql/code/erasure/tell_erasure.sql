create or replace function audit_private.tell_erasure(
  tenant_id uuid,
  erasure_id uuid,
  erased bigint,
  held bigint,
  exports bigint
)
returns void
language sql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select audit_private.write_system_event(
    tenant_id => x.tenant_id,
    action => case x.kind when 'subject' then 'subject_erased' else 'events_erased' end,
    entity_type => 'audit_erasure',
    entity_id => x.erasure_id::text,
    description => format(
      case x.kind when 'subject' then 'A person was erased from %s events' else '%s events were erased' end,
      tell_erasure.erased),
    metadata => jsonb_build_object(
      'kind', x.kind, 'reason', x.reason, 'erased', tell_erasure.erased, 'held', tell_erasure.held,
      'exports', tell_erasure.exports))
  from audit_private.erasure x
  where x.tenant_id = tell_erasure.tenant_id and x.erasure_id = tell_erasure.erasure_id
$$;
comment on function audit_private.tell_erasure(uuid, uuid, bigint, bigint, bigint) is
  'writes the event of an erasure: how much, and never whose';
