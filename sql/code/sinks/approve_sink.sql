-- What is approved is what was looked at: the digest says which definition that was, and where it changes meanwhile the
-- approval counts for nothing. A purge that is deleting is waited for, since what is approved may have to wait for the sink
-- from now on.
--
-- What is sealed from now on is shipped, and what was before where the sink begins there, or from where an earlier approval
-- ended. That becomes a backlog, whose end the consumer sets when it next reads: a batch that it read before this, and
-- acknowledges after it, then can't pass over any of it, and nobody has to wait for anybody.
create or replace function audit.approve_sink(name text, digest text, reason text, tenant_id uuid default null)
returns boolean
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  tenant constant uuid := audit_private.require_tenant(approve_sink.tenant_id);
  checked_reason constant text := audit_private.check_reason(approve_sink.reason);
  known audit_private.sink;
  before audit_private.sink_approval;
begin
  perform audit_private.require_read_committed();
  perform audit_private.pass_gate();
  select s.* into known
  from audit_private.sink s
  where s.sink_name = approve_sink.name and (s.tenant_ids is null or tenant = any (s.tenant_ids));
  if known.digest is distinct from approve_sink.digest or known.carries_payloads is not true then
    raise exception using
      errcode = 'WT154',
      message = format('sink %s can''t be approved', coalesce(quote_literal(approve_sink.name), 'null')),
      detail = case
        when known.sink_name is null then 'There is no sink of this name for the tenant.'
        when not known.carries_payloads then 'It carries envelopes, which nobody has to approve.'
        else format('Its definition has the digest %s.', known.digest)
      end,
      hint = 'Look at it first: select name, kind, options, filter, role, digest from audit.list_sinks();';
  end if;
  select a.* into before
  from audit_private.sink_approval a
  where a.tenant_id = tenant and a.sink_name = known.sink_name;
  if before.ended_at is null and before.digest = known.digest then
    perform audit_private.release_tenant();
    return false;
  end if;

  insert into audit_private.sink_approval as a (tenant_id, sink_name, digest, reason, approved_by, log_index)
  select tenant, known.sink_name, known.digest, checked_reason, audit_private.recorded_by(),
    case when known.begins_at_once then g.log_size else 0 end
  from audit_private.sealing g
  on conflict on constraint sink_approval_pkey do update
  set digest = excluded.digest, reason = excluded.reason, approved_at = excluded.approved_at,
    approved_by = excluded.approved_by, ended_at = null, until_log_index = null;
  perform audit_private.write_system_event(
    tenant_id => tenant,
    action => 'sink_approved',
    entity_type => 'audit_sink',
    entity_id => known.sink_name,
    description => format('Sink %s approved', known.sink_name),
    metadata => jsonb_build_object(
      'reason', checked_reason, 'digest', known.digest, 'kind', known.kind, 'options', known.options,
      'filter', known.filter, 'role', known.role_name));
  perform audit_private.release_tenant();
  return true;
end
$$;
comment on function audit.approve_sink(text, text, text, uuid) is
  'lets a sink, as the digest says that it is defined, carry whole events of the tenant; true when that changed anything; '
  'for audit_admin; raises WT021 and WT154';
grant execute on function audit.approve_sink(text, text, text, uuid) to audit_admin;
