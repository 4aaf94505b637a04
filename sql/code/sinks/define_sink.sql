-- Whoever defines it again goes on from where it stands. What a tenant has approved is the definition's digest: with
-- another filter, address or role its approval lapses, as it does when the sink is no longer for the tenant, and the place is noted at which it did, so that nothing is left out
-- once it approves again. How quickly and how often something is tried is no part of that.
--
-- A sink for which purges wait keeps events from them, so a purge that is deleting just now is waited for (close_gate).
create or replace function audit.define_sink(
  name text,
  kind text,
  role text,
  options jsonb default '{}',
  filter jsonb default '{}',
  tenant_ids uuid[] default null
)
returns boolean
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  known audit_private.sink;
  wanted audit_private.sink;
begin
  perform audit_private.require_read_committed();
  perform audit_private.check_role(define_sink.role::name);
  wanted := audit_private.checked_sink(
    define_sink.name, define_sink.kind, define_sink.role::name, define_sink.options, define_sink.filter,
    define_sink.tenant_ids);
  perform audit_private.pass_gate();
  select s.* into known from audit_private.sink s where s.sink_name = define_sink.name for update;
  if (known.digest, known.options, known.tenant_ids) is not distinct from (wanted.digest, wanted.options, wanted.tenant_ids) then
    return false;
  end if;
  if known.purge_waits and not wanted.purge_waits then
    raise exception using
      errcode = 'WT153',
      message = format('sink %s can''t be defined', quote_literal(known.sink_name)),
      detail = 'Purges wait for it, and no longer would.',
      hint = format('Keep the option purge_waits; that they no longer wait takes a reason: '
        'select audit.set_purge_waits(name => %L, waits => false, reason => …);', known.sink_name);
  end if;

  perform audit_private.end_sink_approvals(known.sink_name, array(
    select a.tenant_id
    from audit_private.sink_approval a
    where a.sink_name = known.sink_name
      and (a.digest <> wanted.digest or (a.tenant_id = any (wanted.tenant_ids)) is false)
  ));
  insert into audit_private.sink as s (
    sink_name, kind, options, filter, tenant_ids, role_name, digest, carries_payloads, begins_at_once, purge_waits,
    defined_by, log_index
  )
  select wanted.sink_name, wanted.kind, wanted.options, wanted.filter, wanted.tenant_ids, wanted.role_name, wanted.digest,
    wanted.carries_payloads, wanted.begins_at_once, wanted.purge_waits, audit_private.recorded_by(),
    case when wanted.begins_at_once then g.log_size else 0 end
  from audit_private.sealing g
  on conflict (sink_name) do update
  set kind = excluded.kind, options = excluded.options, filter = excluded.filter, tenant_ids = excluded.tenant_ids,
    role_name = excluded.role_name, digest = excluded.digest, carries_payloads = excluded.carries_payloads,
    begins_at_once = excluded.begins_at_once, purge_waits = excluded.purge_waits, defined_at = clock_timestamp(),
    defined_by = excluded.defined_by;

  perform audit_private.write_system_event(
    tenant_id => t.tenant_id,
    action => 'sink_defined',
    entity_type => 'audit_sink',
    entity_id => wanted.sink_name,
    description => format('Sink %s defined (%s)', wanted.sink_name, wanted.kind),
    metadata => jsonb_build_object(
      'kind', wanted.kind, 'options', wanted.options, 'filter', wanted.filter, 'role', wanted.role_name,
      'digest', wanted.digest, 'carries_payloads', wanted.carries_payloads))
  from (
    select '00000000-0000-0000-0000-000000000000'::uuid as tenant_id
    union
    select unnest(wanted.tenant_ids)
  ) t;
  return true;
end
$$;
comment on function audit.define_sink(text, text, text, jsonb, jsonb, uuid[]) is
  'defines where events are shipped to, and the one role that may read it; true when that changed anything; for '
  'audit_operator; raises WT003, WT005, WT040 and WT153';
grant execute on function audit.define_sink(text, text, text, jsonb, jsonb, uuid[]) to audit_operator;
