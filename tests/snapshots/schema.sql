CREATE SCHEMA audit;

ALTER SCHEMA audit OWNER TO audit_owner;

COMMENT ON SCHEMA audit IS 'pgwitness: the audit log''s functions and the view of its events';

CREATE SCHEMA audit_data;

ALTER SCHEMA audit_data OWNER TO audit_owner;

COMMENT ON SCHEMA audit_data IS 'pgwitness: what is generated for tables under data retention; owned by the tables'' owners';

CREATE SCHEMA audit_private;

ALTER SCHEMA audit_private OWNER TO audit_owner;

COMMENT ON SCHEMA audit_private IS 'pgwitness: tables, helpers and trigger functions; not an interface';

CREATE TYPE audit_private.finding AS (
	kind text,
	tenant_id uuid,
	seal_number bigint,
	event_id uuid,
	occurred_at timestamp with time zone,
	detail text
);

ALTER TYPE audit_private.finding OWNER TO audit_owner;

COMMENT ON TYPE audit_private.finding IS 'something that verifying the log found wrong, and where';

CREATE FUNCTION audit.accept_restore(reason text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  checked_reason constant text := audit_private.check_reason(accept_restore.reason);
  accepted audit_private.epoch;
  is_pending boolean;
begin
  perform audit_private.enter_epoch();
  is_pending := exists (
    select from audit_private.epoch e where e.kind in ('dump_restored', 'point_in_time') and e.accepted_at is null);
  if not is_pending then
    insert into audit_private.epoch (epoch, kind, incarnation, timeline, log_size, last_sealed_at)
    select e.epoch + 1, 'point_in_time', e.incarnation, e.timeline, s.log_size, s.sealed_at
    from audit_private.sealing s
    join audit_private.epoch e on e.epoch = s.epoch;
    update audit_private.sealing s set epoch = s.epoch + 1;
  end if;
  update audit_private.epoch e
  set accepted_at = clock_timestamp(), accepted_by = audit_private.recorded_by(), accept_reason = checked_reason
  where e.kind <> 'installed' and e.accepted_at is null;
  select e.* into accepted
  from audit_private.epoch e
  join audit_private.sealing s on s.epoch = e.epoch;
  perform audit_private.write_system_event(
    tenant_id => '00000000-0000-0000-0000-000000000000',
    action => 'restore_accepted',
    entity_type => 'audit_epoch',
    entity_id => accepted.epoch::text,
    description => format('Restore accepted: epoch %s of the log (%s)', accepted.epoch, accepted.kind),
    metadata => jsonb_build_object('reason', checked_reason, 'kind', accepted.kind, 'log_size', accepted.log_size));
  return accepted.epoch;
end
$$;

ALTER FUNCTION audit.accept_restore(reason text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.accept_restore(reason text) IS 'declares that the log was restored from a backup, so that events may be removed again, and returns the epoch in which it goes on; what a later checkpoint knew is then reported as restored and not as a cut tail; for audit_operator';

CREATE FUNCTION audit.arm_data_retention(relation regclass, reason text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  checked_reason constant text := audit_private.check_reason(arm_data_retention.reason);
  entry audit_private.data_retention;
  shown audit_private.data_retention_preview;
  problem text;
begin
  perform audit_private.lock_catalogue();
  entry := audit_private.known_data_retention(arm_data_retention.relation);
  problem := audit_private.data_retention_problem(entry);
  if problem is not null then
    perform audit_private.refuse_data_retention(
      format('%s is not as it was declared', entry.relation), problem, 'Mend that, or define it anew.');
  end if;
  if not pg_has_role(audit_private.effective_role(), to_regrole(quote_ident(entry.owner_name)), 'usage') then
    perform audit_private.refuse_data_retention(
      format('role %I may not arm the data retention of %s', audit_private.effective_role(), entry.relation),
      format('Its rows are removed with the rights of the table''s owner, %s.', entry.owner_name),
      format('set role %I; (it needs audit_operator too: grant audit_operator to %1$I;)', entry.owner_name));
  end if;
  select p.* into shown
  from audit_private.data_retention_preview p
  where p.relation = entry.relation and p.previewed_by = audit_private.recorded_by()
    and p.previewed_at between clock_timestamp() - interval '1 hour' and clock_timestamp();
  if not found then
    raise exception using
      errcode = 'WT113',
      message = format('%s was not previewed', entry.relation),
      detail = 'Arming approves what a preview of the same definition showed to the same login within the hour.',
      hint = format('select * from audit.preview_data_purge(relation => %L);', entry.relation);
  end if;
  if entry.armed_at is not null and entry.approved_rows is not distinct from shown.due then
    return false;
  end if;

  if entry.armed_at is null then
    delete from audit_private.data_retention_group g where g.relation = entry.relation;
    delete from audit_private.data_retention_wait w where w.relation = entry.relation;
    insert into audit_private.data_retention_group (relation, group_key, days, took_effect_at)
    select entry.relation, k.item, k.days, clock_timestamp()
    from unnest(shown.group_keys, shown.group_days) as k (item, days);
  end if;
  update audit_private.data_retention d
  set armed_at = coalesce(d.armed_at, clock_timestamp()),
    armed_by = audit_private.recorded_by(),
    approved_rows = shown.due,
    last_complete_at = case when d.armed_at is not null then d.last_complete_at end
  where d.relation = entry.relation;
  delete from audit_private.data_retention_preview p where p.relation = entry.relation;
  perform audit_private.write_system_event(
    tenant_id => '00000000-0000-0000-0000-000000000000'::uuid,
    action => 'data_retention_armed'::text,
    entity_type => 'audit_data_retention'::text,
    entity_id => entry.relation,
    description => format('Data retention of %s armed', entry.relation),
    metadata => jsonb_build_object('reason', checked_reason, 'decision', entry.decision, 'approved_rows', shown.due));
  return true;
end
$_$;

ALTER FUNCTION audit.arm_data_retention(relation regclass, reason text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.arm_data_retention(relation regclass, reason text) IS 'lets purge_data remove what is due of a table, after a preview; again, to approve a run that stopped; true when that changed anything; for the table''s owner, with audit_operator; raises WT021, WT112 and WT113';

CREATE FUNCTION audit.begin_export(filter jsonb DEFAULT '{}'::jsonb, format text DEFAULT 'jsonl'::text, tenant_id uuid DEFAULT NULL::uuid) RETURNS TABLE(export_id uuid, statement text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  tenant uuid;
  stored audit_private.export;
begin
  tenant := audit_private.require_tenant(begin_export.tenant_id);
  stored := audit_private.store_export(
    audit_private.require_access(tenant), begin_export.filter, begin_export.format, true);
  perform audit_private.release_tenant();
  export_id := stored.export_id;
  statement := audit_private.export_statement(stored);
  return next;
end
$$;

ALTER FUNCTION audit.begin_export(filter jsonb, format text, tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.begin_export(filter jsonb, format text, tenant_id uuid) IS 'Logs that an export begins and gives the COPY statement that streams it, csv or jsonl, to be run once this has committed; then tell how it ended with audit.finish_export. Needs an open access session. Raises WT030, WT031, WT032, WT035, WT036, WT040 and WT120.';

CREATE FUNCTION audit.cancel_export(export_id uuid, tenant_id uuid DEFAULT NULL::uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  tenant uuid;
  cancelled audit_private.export;
begin
  perform audit_private.require_writable();
  tenant := audit_private.require_tenant(cancel_export.tenant_id);
  cancelled := audit_private.find_export(tenant, cancel_export.export_id);
  if cancelled.state not in ('pending', 'running') then
    perform audit_private.release_tenant();
    return false;
  end if;
  insert into audit_private.export_cancellation (tenant_id, export_id, cancelled_by)
  values (tenant, cancelled.export_id, audit_private.recorded_by())
  on conflict do nothing;
  if not found then
    perform audit_private.release_tenant();
    return false;
  end if;
  perform audit_private.write_export_event(
    cancelled, 'cancelled', 'Cancelled an export of the log', null, jsonb_build_object('rows', cancelled.rows));
  perform audit_private.release_tenant();
  return true;
end
$$;

ALTER FUNCTION audit.cancel_export(export_id uuid, tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.cancel_export(export_id uuid, tenant_id uuid) IS 'Cancels an export that is pending or running: one''s own, or any of the tenant as a member of audit_admin. True when there was something to cancel. Raises WT036, WT121 and WT122.';

CREATE FUNCTION audit.cancel_retention_change(reason text, tenant_id uuid DEFAULT NULL::uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  tenant constant uuid := audit_private.require_tenant(cancel_retention_change.tenant_id);
  checked_reason constant text := audit_private.check_reason(cancel_retention_change.reason);
  cancelled audit_private.retention_policy;
begin
  perform audit_private.require_read_committed();
  perform from audit_private.tenant t where t.tenant_id = tenant for no key update;
  perform audit_private.pass_gate();
  delete from audit_private.retention_policy p
  where p.tenant_id = tenant and p.takes_effect_at > clock_timestamp()
  returning p.* into cancelled;
  if found then
    perform audit_private.write_system_event(
      tenant_id => tenant,
      action => 'retention_change_cancelled',
      entity_type => 'audit_retention',
      entity_id => null,
      description => format('Keeping events only %s days, from %s on, was cancelled',
        cancelled.days, to_char(cancelled.takes_effect_at, 'YYYY-MM-DD HH24:MI TZH:TZM')),
      metadata => jsonb_build_object(
        'reason', checked_reason, 'days', cancelled.days, 'takes_effect_at', cancelled.takes_effect_at));
  end if;
  perform audit_private.release_tenant();
  return cancelled.tenant_id is not null;
end
$$;

ALTER FUNCTION audit.cancel_retention_change(reason text, tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.cancel_retention_change(reason text, tenant_id uuid) IS 'drops the change of retention that waits to take effect; true when there was one; for audit_admin; raises WT021';

CREATE FUNCTION audit.check_health() RETURNS TABLE(check_name text, state text, detail text, hint text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
begin
  return query
  select 'partitions_ahead',
    case when covered.until_time > now() + interval '4 weeks' then 'ok' else 'error' end,
    format('partitions reach without a hole until %s', covered.until_time),
    case when covered.until_time > now() + interval '4 weeks' is not true
      then 'call audit.maintain_partitions();' end
  from audit_private.partitions_end(now()) as covered (until_time);

  return query
  select 'partitions_guarded',
    case when count(*) = 0 then 'ok' else 'error' end,
    case when count(*) = 0 then 'every partition has the row-level security, grants and triggers that it was made with'
      else 'not as it was made: ' || string_agg(p.partition_name, ', ' order by p.partition_name) end,
    string_agg(
      format('alter table audit_private.%1$I owner to audit_owner; set role audit_owner; '
        'select audit_private.guard_partition(%1$L); reset role;', p.partition_name),
      ' ' order by p.partition_name)
  from audit_private.event_partitions() p
  where audit_private.guard_digest(p.partition_name) is distinct from (
    select o.digest from audit_private.installed_object o where o.kind = 'guard'
  );

  return query
  select 'objects_unchanged',
    case when count(*) = 0 then 'ok' else 'error' end,
    case when count(*) = 0 then 'all objects are as they were installed'
      else string_agg(format('%s %s is %s', d.kind, d.name, d.problem), '; ' order by d.kind, d.name) end,
    case when count(*) > 0 then 'Find out who changed them, then: pgwitness install --force' end
  from audit_private.list_drift() d;

  return query
  select 'engine_roles_apart',
    case when count(*) = 0 then 'ok' when bool_or(p.is_error) then 'error' else 'warning' end,
    case when count(*) = 0 then 'nobody but the installer may become an engine role, nobody inherits from one, and none has a special right'
      else string_agg(format('%I: %s', p.role_name, p.problem), '; ' order by p.role_name) end,
    string_agg(p.remedy, ' ' order by p.role_name)
  from (
    select m.rolname as role_name,
      format('%s %s', case when pg_has_role(m.oid, e.oid, 'usage') then 'inherits from' else 'may become' end, e.rolname)
        as problem,
      pg_has_role(m.oid, e.oid, 'usage') as is_error,
      format('revoke %I from %I;', e.rolname, m.rolname) as remedy
    from pg_roles e
    join pg_roles m on m.oid <> e.oid and not m.rolsuper
    where e.rolname in ('audit_owner', 'audit_writer', 'audit_finder', 'audit_keeper')
      and (
        pg_has_role(m.oid, e.oid, 'usage')
        or pg_has_role(m.oid, e.oid,
            case when current_setting('server_version_num')::integer >= 160000 then 'set' else 'member' end)
          and not exists (
            select from audit_private.installation i
            where split_part(i.installed_by, '/', 1) = audit_private.quoted_role(m.rolname)
          )
      )
    union all
    select r.rolname, 'must have neither LOGIN, SUPERUSER nor BYPASSRLS', true,
      format('alter role %I nologin nosuperuser nobypassrls;', r.rolname)
    from pg_roles r
    where r.rolname in ('audit_owner', 'audit_writer', 'audit_finder', 'audit_keeper')
      and (r.rolcanlogin or r.rolsuper or r.rolbypassrls)
  ) p;

  return query
  select 'readers_behind_the_wall',
    case when count(*) = 0 then 'ok' else 'warning' end,
    case when count(*) = 0 then 'no role of people or applications passes row-level security'
      else 'pass row-level security: ' || string_agg(m.rolname::text, ', ' order by m.rolname) end,
    string_agg(format('alter role %I nosuperuser nobypassrls;', m.rolname), ' ' order by m.rolname)
  from pg_roles m
  where (m.rolsuper or m.rolbypassrls)
    and exists (select from audit_private.role_binding b where b.role_name = m.rolname);

  return query
  select 'grants_have_roles',
    case when count(*) = 0 then 'ok' else 'warning' end,
    case when count(*) = 0 then 'every grant is for a role that exists'
      else 'granted but gone: ' || string_agg(g.role_name::text, ', ' order by g.role_name) end,
    string_agg(format('select audit.revoke_tenant(role => %L, reason => ''the role no longer exists'');', g.role_name),
      ' ' order by g.role_name)
  from audit_private.role_binding g
  where not exists (select from pg_roles r where r.rolname = g.role_name);

  return query select c.* from audit_private.check_capture() c;
  return query select c.* from audit_private.check_integrity() c;
  return query select c.* from audit_private.check_verification() c;
  return query select c.* from audit_private.check_retention() c;
  return query select c.* from audit_private.check_data_retention() c;
  return query select c.* from audit_private.check_jobs() c;

  return query
  select 'logging_on',
    case when count(*) = 0 then 'ok' else 'warning' end,
    case when count(*) = 0 then 'no tenant has turned all logging off'
      else 'all logging is off for: ' || string_agg(format('%s (%s)', t.name, t.tenant_id), ', ' order by t.name) end,
    string_agg(format('select audit.set_logging(enabled => true, tenant_id => %L);', t.tenant_id), ' ' order by t.name)
  from audit_private.tenant t
  where not t.is_logging_enabled and t.retired_at is null;

  return query
  select 'categories_on',
    case when count(*) = 0 then 'ok' else 'warning' end,
    case when count(*) = 0 then 'no tenant has turned a whole category off'
      else 'off: ' || string_agg(format('%s for %s (%s)', g.category, t.name, g.tenant_id), ', ' order by t.name, g.category) end,
    string_agg(
      format('select audit.set_category_logging(category => %L, enabled => true, tenant_id => %L);',
        g.category, g.tenant_id), ' ' order by t.name, g.category)
  from audit_private.category_toggle g
  join audit_private.tenant t using (tenant_id)
  where not g.is_enabled and t.retired_at is null;

  return query
  select 'search_is_indexed',
    case when count(*) > 0 then 'ok' else 'warning' end,
    case when count(*) > 0 then 'pg_trgm is installed'
      else 'pg_trgm is not installed: free text in closed partitions is searched without an index' end,
    case when count(*) = 0 then 'create extension pg_trgm;' end
  from pg_extension e
  where e.extname = 'pg_trgm';
end
$_$;

ALTER FUNCTION audit.check_health() OWNER TO audit_owner;

COMMENT ON FUNCTION audit.check_health() IS 'a row a check: ok, warning or error, with what is wrong and what to run; for audit_operator, audit_auditor and audit_admin';

CREATE FUNCTION audit.check_ledger(entries jsonb) RETURNS TABLE(kind text, tenant_id uuid, id text, problem text, remedy text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    AS $$
#variable_conflict use_column
begin
  return query
  with entry as materialized (
    select * from audit_private.read_ledger(check_ledger.entries)
  ),
  erased as (
    select e.tenant_id, e.event_id, e.groups from entry e where e.kind = 'erasure'
  ),
  unerased as materialized (
    select u.*
    from (select array_agg(x.tenant_id) as tenant_ids, array_agg(x.event_id) as event_ids from erased x) k
    cross join lateral audit_private.find_unerased(k.tenant_ids, k.event_ids) u
  )
  select 'erasure', x.tenant_id, x.event_id::text,
    'can be read again: ' || string_agg(distinct g.name, ', '),
    format('An audit_privacy of the tenant calls: select * from audit.replay_erasures(entries => …, reason => …, tenant_id => %L);',
      x.tenant_id)
  from erased x
  cross join lateral unnest(x.groups) as g (name)
  join unerased u on u.tenant_id = x.tenant_id and u.event_id = x.event_id and g.name = any (u.readable)
  group by x.tenant_id, x.event_id
  union all
  select 'hold', e.tenant_id, e.hold_id::text,
    case
      when h.hold_id is null then 'stands by the ledger, and is missing'
      when e.released_at is not null then 'stands, and was released by the ledger at ' || e.released_at
      else 'holds something else than by the ledger'
    end,
    case
      when h.hold_id is not null and e.released_at is not null then format(
        'select audit.release_hold(name => %L, reason => …, tenant_id => %L);', h.name, e.tenant_id)
      else format('select audit.place_hold(name => …, filter => …, reason => …, tenant_id => %L);', e.tenant_id)
    end
  from entry e
  left join audit_private.legal_hold h on h.tenant_id = e.tenant_id and h.hold_id = e.hold_id
  where e.kind = 'hold'
    and case
      when h.hold_id is null then e.released_at is null
      when e.released_at is not null then h.released_at is null
      else h.released_at is null and e.digest <> encode(sha256(convert_to(h.filter::text, 'UTF8')), 'hex')
    end
  union all
  select 'retention', e.tenant_id, e.takes_effect_at::text,
    format('of %s, is missing: %s from %s on', e.set_at,
      coalesce(e.days || ' days', 'for ever'), e.takes_effect_at),
    format('Unless it was cancelled since: select audit.set_retention(days => %s, is_exact => %L, reason => …, tenant_id => %L);',
      coalesce(e.days::text, 'null'), e.is_exact, e.tenant_id)
  from entry e
  where e.kind = 'retention'
    and e.set_at > coalesce(
      (select max(p.set_at) from audit_private.retention_policy p where p.tenant_id = e.tenant_id), '-infinity')
  order by 1, 2, 3;
end
$$;

ALTER FUNCTION audit.check_ledger(entries jsonb) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.check_ledger(entries jsonb) IS 'what the database doesn''t reflect of a ledger that was kept elsewhere, as after an older backup was restored, and what mends it; no row when all is well; for audit_operator and audit_auditor; raises WT141';

CREATE FUNCTION audit.close_access(access_id uuid, tenant_id uuid DEFAULT NULL::uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  tenant uuid;
  closer record;
  session audit_private.access_session;
begin
  perform audit_private.require_writable();
  tenant := audit_private.require_tenant(close_access.tenant_id);
  select * into session
  from audit_private.access_session s
  where s.tenant_id = tenant and s.access_id = close_access.access_id;
  if not found then
    raise exception using
      errcode = 'WT030',
      message = format('there is no access session %s', coalesce(close_access.access_id::text, 'null')),
      detail = format('Tenant %s has no session of this id.', tenant),
      hint = 'See: select * from audit.list_access();';
  end if;

  select * into closer from audit_private.current_reader();
  if (session.actor_id, session.actor_type, session.recorded_by)
      is distinct from (closer.actor_id, closer.actor_type, audit_private.recorded_by())
    and not pg_has_role(audit_private.effective_role(), 'audit_admin', 'usage')
  then
    raise exception using
      errcode = 'WT035',
      message = format('access session %s belongs to somebody else', session.access_id),
      detail = 'A session may be closed by the actor and role that opened it.',
      hint = 'A member of audit_admin may close any session of the tenant.';
  end if;
  if audit_private.access_expiry(session.opened_at, session.last_used_at, null) <= clock_timestamp() then
    perform audit_private.release_tenant();
    return false;
  end if;

  insert into audit_private.access_closing (tenant_id, access_id, closed_by)
  values (tenant, session.access_id, audit_private.recorded_by())
  on conflict do nothing;
  if not found then
    perform audit_private.release_tenant();
    return false;
  end if;
  perform audit_private.write_system_event(
    tenant_id => tenant,
    action => 'audit_session_closed',
    entity_type => 'audit_session',
    entity_id => session.access_id::text,
    description => 'Closed access to the log: ' || session.access_reason,
    metadata => jsonb_build_object(
      'access_id', session.access_id,
      'access_reason', session.access_reason,
      'justification', session.justification,
      'opened_by', jsonb_build_object('type', session.actor_type, 'id', session.actor_id)
    )
  );
  perform audit_private.release_tenant();
  return true;
end
$$;

ALTER FUNCTION audit.close_access(access_id uuid, tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.close_access(access_id uuid, tenant_id uuid) IS 'Closes an access session: one''s own, or any of the tenant as a member of audit_admin. True when it was open. Raises WT030, WT035 and WT036.';

CREATE FUNCTION audit.close_partition(partition text) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET standard_conforming_strings TO 'on'
    AS $$
declare
  known record;
  statement text;
  made integer := 0;
begin
  select p.partition_name, p.until_time into known
  from audit_private.event_partitions() p
  where p.partition_name = close_partition.partition;
  if not found then
    raise exception using
      errcode = 'WT016',
      message = format('there is no partition %s', coalesce(quote_ident(close_partition.partition), 'null')),
      detail = 'Partitions are named without their schema.',
      hint = 'See: select * from audit.list_partitions();';
  end if;
  if known.until_time > now() - interval '24 hours' then
    raise exception using
      errcode = 'WT085',
      message = format('partition %I is still written to', known.partition_name),
      detail = format('It takes events until %s.', known.until_time + interval '24 hours'),
      hint = 'Close it after that time.';
  end if;

  for statement in
    select s.statement
    from audit_private.partition_index_statements(known.partition_name, false) as s (statement)
  loop
    execute statement;
    made := made + (statement like 'create %')::integer;
  end loop;
  if made > 0 then
    execute format('analyze audit_private.%I', known.partition_name);
  end if;
  return made;
end
$$;

ALTER FUNCTION audit.close_partition(partition text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.close_partition(partition text) IS 'Makes the indexes of a partition that is no longer written to and returns how many it made; 0 when it had them. Raises WT016 and WT085.';

CREATE FUNCTION audit.count_events(filter jsonb DEFAULT '{}'::jsonb, up_to integer DEFAULT 10000, tenant_id uuid DEFAULT NULL::uuid, OUT count bigint, OUT is_exact boolean) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    AS $$
declare
  tenant uuid;
  session audit_private.access_session;
  asked constant jsonb := coalesce(count_events.filter, '{}');
  bounds record;
  span record;
begin
  tenant := audit_private.require_tenant(count_events.tenant_id);
  session := audit_private.require_access(tenant);
  if count_events.up_to between 1 and 10000000 is not true then
    raise exception using
      errcode = 'WT042',
      message = 'up_to is a number from 1 to 10000000',
      detail = format('It is %s.', coalesce(count_events.up_to::text, 'null')),
      hint = 'Counting stops there, and is_exact tells whether it did.';
  end if;

  perform audit_private.filter_condition(asked);
  bounds := audit_private.filter_bounds(asked);
  count := 0;
  for span in select w.* from audit_private.event_windows(bounds.from_time, bounds.until_time) w loop
    count := count + audit_private.count_found_events(
      tenant,
      audit_private.filter_condition(
        asked,
        audit_private.prefers_text_index(
          asked, span.window_from, span.window_until, count_events.up_to + 1 - count)),
      span.window_from, span.window_until, count_events.up_to + 1 - count);
    exit when count > count_events.up_to;
  end loop;
  is_exact := count <= count_events.up_to;
  count := least(count, count_events.up_to);

  if not audit_private.has_just_read(session, 'search', asked, false) then
    perform audit_private.record_read(
      session => session,
      route => 'count',
      filter => asked,
      rows => count
    );
  end if;
  perform audit_private.release_tenant();
end
$$;

ALTER FUNCTION audit.count_events(filter jsonb, up_to integer, tenant_id uuid, OUT count bigint, OUT is_exact boolean) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.count_events(filter jsonb, up_to integer, tenant_id uuid, OUT count bigint, OUT is_exact boolean) IS 'How many events a filter finds, counted up to a bound; is_exact is false when there are more. Needs an open access session; logged unless it follows a search with the same filter in one transaction.';

CREATE FUNCTION audit.create_checkpoint() RETURNS TABLE(origin text, tree_size bigint, root_hash bytea, sealed_until timestamp with time zone)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if audit_private.is_removal_barred() then
    raise exception using
      errcode = 'WT131',
      message = 'no checkpoint can be made of a log that was restored',
      detail = 'Seals that an earlier checkpoint knows may be lost, and nobody has declared it.',
      hint = 'select audit.accept_restore(reason => ''restored from the backup of …'');';
  end if;
  select audit_private.log_origin(s.epoch), s.log_size, audit_private.log_hash(0, s.log_size), s.sealed_at
  into origin, tree_size, root_hash, sealed_until
  from audit_private.sealing s;
  if origin is null or tree_size = 0 then
    raise exception using
      errcode = 'WT131',
      message = 'no checkpoint can be made of a log without seals',
      detail = 'Nothing has been sealed yet.',
      hint = 'call audit.seal_events();';
  end if;
  perform audit_private.write_system_event(
    tenant_id => '00000000-0000-0000-0000-000000000000',
    action => 'checkpoint_created',
    entity_type => 'audit_checkpoint',
    entity_id => tree_size::text,
    description => format('Checkpoint of %s seals created', tree_size),
    metadata => jsonb_build_object(
      'origin', origin, 'tree_size', tree_size, 'root', encode(root_hash, 'hex')));
  return next;
end
$$;

ALTER FUNCTION audit.create_checkpoint() OWNER TO audit_owner;

COMMENT ON FUNCTION audit.create_checkpoint() IS 'The head of the log, to be signed and kept outside the database: name, size and root of the tree over all seals. Raises WT131. For audit_operator and audit_auditor.';

CREATE FUNCTION audit.current_tenant() RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  tenant constant uuid := audit_private.require_tenant(null);
begin
  perform audit_private.release_tenant();
  return tenant;
end
$$;

ALTER FUNCTION audit.current_tenant() OWNER TO audit_owner;

COMMENT ON FUNCTION audit.current_tenant() IS 'the tenant of the current transaction: the context''s, or the only one that the role is bound to';

CREATE FUNCTION audit.define_access_reason(access_reason text, titles jsonb, descriptions jsonb DEFAULT '{}'::jsonb) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform audit_private.check_definition(
    define_access_reason.access_reason, define_access_reason.titles, define_access_reason.descriptions, false);
  insert into audit_private.access_reason as known (access_reason, titles, descriptions)
  values (define_access_reason.access_reason, define_access_reason.titles, define_access_reason.descriptions)
  on conflict on constraint access_reason_pkey do update
  set titles = excluded.titles, descriptions = excluded.descriptions
  where (known.titles, known.descriptions) is distinct from (excluded.titles, excluded.descriptions);
  if not found then
    return false;
  end if;
  perform audit_private.record_definition('access reason', define_access_reason.access_reason, jsonb_build_object(
    'titles', define_access_reason.titles, 'descriptions', define_access_reason.descriptions));
  return true;
end
$$;

ALTER FUNCTION audit.define_access_reason(access_reason text, titles jsonb, descriptions jsonb) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.define_access_reason(access_reason text, titles jsonb, descriptions jsonb) IS 'defines or redefines a reason for which the log may be read; true when that changed anything; for audit_operator';

CREATE FUNCTION audit.define_action(action text, category text, titles jsonb, descriptions jsonb DEFAULT '{}'::jsonb, when_too_large text DEFAULT 'refuse'::text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  known_category text;
begin
  perform audit_private.lock_catalogue();
  perform audit_private.check_definition(
    define_action.action, define_action.titles, define_action.descriptions,
    exists (
      select from audit_private.action a join audit_private.category c using (category)
      where a.action = define_action.action and c.is_built_in
    ));
  if not exists (
    select from audit_private.category c
    where c.category = define_action.category and not c.is_built_in
  ) then
    raise exception using
      errcode = 'WT022',
      message = format('category %s can''t take actions', coalesce(quote_literal(define_action.category), 'null')),
      detail = 'It is not defined, or it is built in.',
      hint = format('Define it first: select audit.define_category(category => %L, titles => …);',
        define_action.category);
  end if;
  select a.category into known_category
  from audit_private.action a
  where a.action = define_action.action;
  if known_category <> define_action.category then
    perform audit_private.refuse_definition(
      format('action %s belongs to category %s', define_action.action, known_category),
      'An action''s category never changes, since its events are found by it.',
      'Keep the category, or define an action with another code.');
  end if;
  if define_action.when_too_large is null or define_action.when_too_large not in ('refuse', 'cut') then
    perform audit_private.refuse_definition(
      format('action %s has no valid when_too_large', define_action.action),
      format('It is %s.', coalesce(quote_literal(define_action.when_too_large), 'null')),
      'Use refuse or cut.');
  end if;

  insert into audit_private.action as known (action, category, titles, descriptions, when_too_large)
  values (
    define_action.action, define_action.category, define_action.titles, define_action.descriptions,
    define_action.when_too_large
  )
  on conflict on constraint action_pkey do update
  set titles = excluded.titles,
    descriptions = excluded.descriptions,
    when_too_large = excluded.when_too_large,
    retired_at = null
  where (known.titles, known.descriptions, known.when_too_large, known.retired_at)
    is distinct from (excluded.titles, excluded.descriptions, excluded.when_too_large, null);
  if not found then
    return false;
  end if;
  perform audit_private.record_definition('action', define_action.action, jsonb_build_object(
    'category', define_action.category,
    'titles', define_action.titles,
    'descriptions', define_action.descriptions,
    'when_too_large', define_action.when_too_large));
  return true;
end
$$;

ALTER FUNCTION audit.define_action(action text, category text, titles jsonb, descriptions jsonb, when_too_large text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.define_action(action text, category text, titles jsonb, descriptions jsonb, when_too_large text) IS 'defines or redefines what can be logged; true when that changed anything; for audit_operator';

CREATE FUNCTION audit.define_category(category text, titles jsonb, descriptions jsonb DEFAULT '{}'::jsonb) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform audit_private.check_definition(
    define_category.category, define_category.titles, define_category.descriptions,
    exists (
      select from audit_private.category c
      where c.category = define_category.category and c.is_built_in
    ));
  insert into audit_private.category as known (category, titles, descriptions)
  values (define_category.category, define_category.titles, define_category.descriptions)
  on conflict on constraint category_pkey do update
  set titles = excluded.titles, descriptions = excluded.descriptions
  where (known.titles, known.descriptions) is distinct from (excluded.titles, excluded.descriptions);
  if not found then
    return false;
  end if;
  perform audit_private.record_definition('category', define_category.category, jsonb_build_object(
    'titles', define_category.titles, 'descriptions', define_category.descriptions));
  return true;
end
$$;

ALTER FUNCTION audit.define_category(category text, titles jsonb, descriptions jsonb) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.define_category(category text, titles jsonb, descriptions jsonb) IS 'defines or redefines a group of actions that are switched together; true when that changed anything; for audit_operator';

CREATE FUNCTION audit.define_data_retention(relation regclass, time_column text, levels jsonb, children jsonb DEFAULT '[]'::jsonb, tenant_column text DEFAULT NULL::text, entity_type text DEFAULT NULL::text, actor_column text DEFAULT NULL::text, decision text DEFAULT NULL::text) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  prepared record;
  statement text;
  previous_role constant text := current_setting('role');
begin
  select p.* into prepared
  from audit_private.prepare_data_retention(
    relation, time_column, levels, children, tenant_column, entity_type, actor_column, decision) p;
  if prepared.statements is not null then
    perform set_config('role', prepared.owner_name, true);
    foreach statement in array prepared.statements loop
      execute statement;
    end loop;
    perform set_config('role', previous_role, true);
    perform audit_private.finish_data_retention(relation);
  end if;
  return prepared.is_changed;
exception when undefined_function or datatype_mismatch then
  raise exception using
    errcode = 'WT112',
    message = format('the levels or children of %s can''t be joined', relation),
    detail = sqlerrm,
    hint = 'The columns of a join are of one type.';
end
$$;

ALTER FUNCTION audit.define_data_retention(relation regclass, time_column text, levels jsonb, children jsonb, tenant_column text, entity_type text, actor_column text, decision text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.define_data_retention(relation regclass, time_column text, levels jsonb, children jsonb, tenant_column text, entity_type text, actor_column text, decision text) IS 'declares whose days decide how long a table''s rows are kept, and what goes with them; nothing goes before arm_data_retention; run again to change it, which disarms; true when that changed anything; for the table''s owner, with audit_operator; raises WT112';

CREATE FUNCTION audit.define_entity_type(entity_type text, titles jsonb, descriptions jsonb DEFAULT '{}'::jsonb) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform audit_private.lock_catalogue();
  perform audit_private.check_definition(
    define_entity_type.entity_type, define_entity_type.titles, define_entity_type.descriptions,
    exists (
      select from audit_private.entity_type t
      where t.entity_type = define_entity_type.entity_type and t.is_built_in
    ));
  insert into audit_private.entity_type as known (entity_type, titles, descriptions)
  values (define_entity_type.entity_type, define_entity_type.titles, define_entity_type.descriptions)
  on conflict on constraint entity_type_pkey do update
  set titles = excluded.titles, descriptions = excluded.descriptions
  where (known.titles, known.descriptions) is distinct from (excluded.titles, excluded.descriptions);
  if not found then
    return false;
  end if;
  perform audit_private.record_definition('entity type', define_entity_type.entity_type, jsonb_build_object(
    'titles', define_entity_type.titles, 'descriptions', define_entity_type.descriptions));
  return true;
end
$$;

ALTER FUNCTION audit.define_entity_type(entity_type text, titles jsonb, descriptions jsonb) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.define_entity_type(entity_type text, titles jsonb, descriptions jsonb) IS 'defines or redefines a kind of thing that events are about; true when that changed anything; for audit_operator';

CREATE FUNCTION audit.disarm_data_retention(relation regclass, reason text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  checked_reason constant text := audit_private.check_reason(disarm_data_retention.reason);
  entry audit_private.data_retention;
begin
  perform audit_private.lock_catalogue();
  entry := audit_private.known_data_retention(disarm_data_retention.relation);
  update audit_private.data_retention d
  set armed_at = null, armed_by = null, approved_rows = null, last_complete_at = null
  where d.relation = entry.relation and d.armed_at is not null;
  if not found then
    return false;
  end if;
  perform audit_private.write_system_event(
    tenant_id => '00000000-0000-0000-0000-000000000000'::uuid,
    action => 'data_retention_disarmed'::text,
    entity_type => 'audit_data_retention'::text,
    entity_id => entry.relation,
    description => format('Data retention of %s disarmed', entry.relation),
    metadata => jsonb_build_object('reason', checked_reason));
  return true;
end
$$;

ALTER FUNCTION audit.disarm_data_retention(relation regclass, reason text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.disarm_data_retention(relation regclass, reason text) IS 'lets purge_data remove nothing more of a table; true when that changed anything; for audit_operator; raises WT021 and WT112';

CREATE FUNCTION audit.drop_data_retention(relation regclass, reason text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  checked_reason constant text := audit_private.check_reason(drop_data_retention.reason);
  entry audit_private.data_retention;
  is_dropped boolean := false;
begin
  perform audit_private.lock_catalogue();
  for entry in
    select d.*
    from audit_private.data_retention d
    where audit_private.relation_named(d.relation) is not distinct from drop_data_retention.relation
    order by d.relation
    for update
  loop
    perform audit_private.drop_data_objects(entry.object_name);
    delete from audit_private.data_retention d where d.relation = entry.relation;
    perform audit_private.close_data_schemas(entry.owner_name);
    perform audit_private.write_system_event(
      tenant_id => '00000000-0000-0000-0000-000000000000'::uuid,
      action => 'data_retention_dropped'::text,
      entity_type => 'audit_data_retention'::text,
      entity_id => entry.relation,
      description => format('Data retention of %s dropped', entry.relation),
      metadata => jsonb_build_object('reason', checked_reason));
    is_dropped := true;
  end loop;
  return is_dropped;
end
$$;

ALTER FUNCTION audit.drop_data_retention(relation regclass, reason text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.drop_data_retention(relation regclass, reason text) IS 'a table is no longer under data retention; its rows and receipts stay; null for tables that are gone; true when that changed anything; for audit_operator; raises WT021';

CREATE FUNCTION audit.erase_events(filter jsonb, reason text, tenant_id uuid DEFAULT NULL::uuid, OUT erasure_id uuid, OUT erased bigint, OUT held bigint, OUT exports bigint) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  tenant constant uuid := audit_private.require_tenant(erase_events.tenant_id);
  condition constant text := audit_private.filter_condition(erase_events.filter);
  bounds constant record := audit_private.filter_bounds(erase_events.filter);
  sought constant text := nullif(btrim(erase_events.filter ->> 'search'), '');
  written constant text[] := case when length(sought) between 3 and 200 then audit_private.written_patterns(array[sought])
    else '{}' end;
begin
  if erase_events.filter = '{}' then
    perform audit_private.refuse_erasure(
      'The filter is empty, and would find every event of the tenant.',
      'Say which events: filter => ''{"id": "…"}''; audit.search_events shows what a filter finds.');
  end if;
  erasure_id := audit_private.begin_erasure(tenant, 'events', erase_events.reason, '{}', written);
  perform audit_private.erase_notes(tenant, '{}', '{}', written);
  perform audit_private.find_payloads(tenant, erasure_id, condition, bounds.from_time, bounds.until_time);
  select c.erased, c.held, c.exports into erased, held, exports
  from audit_private.carry_out_erasure(tenant, erasure_id, '{}', '{}', written) c;
  perform audit_private.tell_erasure(tenant, erasure_id, erased, held, exports);
  perform audit_private.release_tenant();
end
$$;

ALTER FUNCTION audit.erase_events(filter jsonb, reason text, tenant_id uuid, OUT erasure_id uuid, OUT erased bigint, OUT held bigint, OUT exports bigint) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.erase_events(filter jsonb, reason text, tenant_id uuid, OUT erasure_id uuid, OUT erased bigint, OUT held bigint, OUT exports bigint) IS 'Erases the payloads of the events that a filter finds, such as one with a password in it: description, snapshots, changes, metadata and the like; actor and entity stay. Returns of how many events, how many a hold keeps until it is released, and how many exports were emptied. For audit_privacy; raises WT021, WT036, WT037, WT040 and WT140.';

CREATE FUNCTION audit.erase_subject(identifiers text[], reason text, tenant_id uuid DEFAULT NULL::uuid, OUT erasure_id uuid, OUT erased bigint, OUT held bigint, OUT exports bigint) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  tenant constant uuid := audit_private.require_tenant(erase_subject.tenant_id);
  subject constant record := audit_private.read_identifiers(erase_subject.identifiers);
  written constant text[] := audit_private.written_patterns(erase_subject.identifiers);
  pseudonyms constant text[] := array(
    select 'erased-' || gen_random_uuid() from generate_series(1, cardinality(erase_subject.identifiers)));
begin
  erasure_id := audit_private.begin_erasure(tenant, 'subject', erase_subject.reason, subject.names, subject.patterns);
  perform audit_private.erase_notes(tenant, subject.names, pseudonyms, written, subject.key_patterns);
  perform audit_private.find_subject(
    tenant, erasure_id, subject.names, written, subject.key_patterns,
    audit_private.rough_patterns(erase_subject.identifiers), pseudonyms);
  select c.erased, c.held, c.exports into erased, held, exports
  from audit_private.carry_out_erasure(tenant, erasure_id, subject.names, pseudonyms, written) c;
  perform audit_private.tell_erasure(tenant, erasure_id, erased, held, exports);
  perform audit_private.release_tenant();
end
$$;

ALTER FUNCTION audit.erase_subject(identifiers text[], reason text, tenant_id uuid, OUT erasure_id uuid, OUT erased bigint, OUT held bigint, OUT exports bigint) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.erase_subject(identifiers text[], reason text, tenant_id uuid, OUT erasure_id uuid, OUT erased bigint, OUT held bigint, OUT exports bigint) IS 'Erases a person from the tenant''s log: replaces whatever names them in events by digests, empties exports that hold it, and takes it out of sessions, holds and reasons. Returns of how many events, how many a hold keeps until it is released, and how many exports. For audit_privacy; raises WT021, WT036, WT037, WT040 and WT140.';

CREATE FUNCTION audit.finish_export(export_id uuid, rows bigint DEFAULT NULL::bigint, bytes bigint DEFAULT NULL::bigint, digest text DEFAULT NULL::text, error text DEFAULT NULL::text, tenant_id uuid DEFAULT NULL::uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  tenant uuid;
  finished audit_private.export;
begin
  perform audit_private.require_writable();
  tenant := audit_private.require_tenant(finish_export.tenant_id);
  finished := audit_private.find_export(tenant, finish_export.export_id);
  update audit_private.export x
  set state = case when finish_export.error is null then 'completed' else 'failed' end,
    finished_at = clock_timestamp(),
    rows = coalesce(finish_export.rows, 0),
    bytes = coalesce(finish_export.bytes, 0),
    digest = left(finish_export.digest, 128),
    error = left(finish_export.error, 2000)
  where x.tenant_id = tenant
    and x.export_id = finished.export_id
    and x.state = 'running'
    and (x.is_straight or x.process_id is not null and audit_private.export_state(x) = 'running')
  returning * into finished;
  if not found then
    select * into finished
    from audit_private.export x
    where x.tenant_id = tenant and x.export_id = finish_export.export_id;
    if (finished.is_straight or finished.process_id is not null) and finished.state = 'failed' and finish_export.error is null then
      raise exception using
        errcode = 'WT125',
        message = format('export %s has failed', finished.export_id),
        detail = format('It ended at %s: %s.', finished.finished_at, finished.error),
        hint = 'Destroy what was streamed, and begin anew with audit.begin_export or audit.request_export.';
    end if;
    perform audit_private.release_tenant();
    return false;
  end if;
  perform audit_private.write_export_event(
    finished, finished.state,
    case finished.state when 'completed' then 'An export of the log is complete' else 'An export of the log failed' end,
    null, jsonb_strip_nulls(jsonb_build_object(
      'rows', finished.rows, 'bytes', finished.bytes, 'digest', finished.digest, 'error', finished.error)));
  perform audit_private.release_tenant();
  return true;
end
$$;

ALTER FUNCTION audit.finish_export(export_id uuid, rows bigint, bytes bigint, digest text, error text, tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.finish_export(export_id uuid, rows bigint, bytes bigint, digest text, error text, tenant_id uuid) IS 'Tells the log how an export ended that audit.begin_export began or audit.take_export took: with how many events and bytes and which SHA-256, or with an error. True the first time; false for one that was cancelled. Raises WT036, WT121, WT122 and WT125.';

CREATE FUNCTION audit_private.is_text_by_language_v1(texts jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $_$
  select pg_catalog.jsonb_typeof(texts) = 'object'
    and not pg_catalog.jsonb_path_exists(
      texts, '$.keyvalue() ? (@.value.type() != "string" || @.value == "" || !(@.key like_regex "^[a-z]{2,3}(-[A-Za-z0-9]+)*$"))')
$_$;

ALTER FUNCTION audit_private.is_text_by_language_v1(texts jsonb) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.is_text_by_language_v1(texts jsonb) IS 'true for an object of language code to text, such as {"en": "User created", "sv": "Användare skapad"}';

CREATE FUNCTION audit_private.open_reading() RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  tenant constant uuid := audit_private.require_tenant(null);
  session audit_private.access_session;
begin
  session := audit_private.require_access(tenant);
  if not audit_private.has_just_read(session, 'view', null, true) then
    perform audit_private.record_read(
      session => session,
      route => 'view',
      filter => null,
      rows => null,
      statement => case
        when length(current_query()) > 10000 then left(current_query(), 5000) || ' … ' || right(current_query(), 5000)
        else current_query()
      end
    );
  end if;
  perform audit_private.release_tenant();
  return tenant;
end
$$;

ALTER FUNCTION audit_private.open_reading() OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.open_reading() IS 'the tenant that may be read now, with an open access session; logs the statement; raises otherwise';

CREATE TABLE audit_private.action (
    action text NOT NULL,
    category text NOT NULL,
    titles jsonb NOT NULL,
    descriptions jsonb DEFAULT '{}'::jsonb NOT NULL,
    when_too_large text DEFAULT 'refuse'::text NOT NULL,
    retired_at timestamp with time zone,
    CONSTRAINT action_action_check CHECK ((action ~ '^[a-z][a-z0-9_]{0,62}$'::text)),
    CONSTRAINT action_descriptions_check CHECK (audit_private.is_text_by_language_v1(descriptions)),
    CONSTRAINT action_titles_check CHECK ((audit_private.is_text_by_language_v1(titles) AND (titles <> '{}'::jsonb))),
    CONSTRAINT action_when_too_large_check CHECK ((when_too_large = ANY (ARRAY['refuse'::text, 'cut'::text])))
);

ALTER TABLE audit_private.action OWNER TO audit_owner;

COMMENT ON TABLE audit_private.action IS 'what can be logged';

COMMENT ON COLUMN audit_private.action.action IS 'code';

COMMENT ON COLUMN audit_private.action.category IS 'never changes, since events don''t store it';

COMMENT ON COLUMN audit_private.action.titles IS 'language code to title';

COMMENT ON COLUMN audit_private.action.descriptions IS 'language code to description';

COMMENT ON COLUMN audit_private.action.when_too_large IS 'an event over the payload limit is refused, or cut and marked';

COMMENT ON COLUMN audit_private.action.retired_at IS 'since when no new event may have this action';

CREATE TABLE audit_private.event (
    tenant_id uuid NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    id uuid NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    sequence bigint NOT NULL,
    transaction_id bigint NOT NULL,
    salt uuid,
    source text NOT NULL,
    action text NOT NULL,
    entity_type text NOT NULL,
    actor_type text NOT NULL,
    outcome text NOT NULL,
    recorded_by text NOT NULL,
    actor_id text,
    entity_id text,
    description text,
    actor jsonb,
    target jsonb,
    changes jsonb,
    metadata jsonb,
    ip inet,
    user_agent text,
    request_id text,
    error_message text,
    actor_id_digest bytea,
    entity_id_digest bytea,
    payload_digest bytea,
    derived_salts bytea
)
PARTITION BY RANGE (occurred_at);

ALTER TABLE ONLY audit_private.event FORCE ROW LEVEL SECURITY;

ALTER TABLE audit_private.event OWNER TO audit_owner;

COMMENT ON TABLE audit_private.event IS 'the log';

COMMENT ON COLUMN audit_private.event.tenant_id IS 'envelope: whose event it is';

COMMENT ON COLUMN audit_private.event.occurred_at IS 'envelope: when it happened';

COMMENT ON COLUMN audit_private.event.id IS 'envelope: UUIDv7 whose 12 bits after the version hold the microseconds, so that it gives occurred_at';

COMMENT ON COLUMN audit_private.event.recorded_at IS 'envelope: when it was written';

COMMENT ON COLUMN audit_private.event.sequence IS 'envelope: tie-breaker within one entity''s history';

COMMENT ON COLUMN audit_private.event.transaction_id IS 'envelope: number of the top-level transaction, plus the installation''s offset';

COMMENT ON COLUMN audit_private.event.salt IS 'makes digests of erasable values unguessable; dropped by an erasure';

COMMENT ON COLUMN audit_private.event.source IS 'envelope: logged, captured, imported or system';

COMMENT ON COLUMN audit_private.event.action IS 'envelope: what was done';

COMMENT ON COLUMN audit_private.event.entity_type IS 'envelope: to what kind of thing';

COMMENT ON COLUMN audit_private.event.actor_type IS 'envelope: by what kind of actor';

COMMENT ON COLUMN audit_private.event.outcome IS 'envelope: success or failure';

COMMENT ON COLUMN audit_private.event.recorded_by IS 'envelope: login, and SET ROLE role behind a slash; the one thing about the writer that isn''t a claim';

COMMENT ON COLUMN audit_private.event.actor_id IS 'erasable: who did it';

COMMENT ON COLUMN audit_private.event.entity_id IS 'erasable: to which thing';

COMMENT ON COLUMN audit_private.event.description IS 'payload: the event in words';

COMMENT ON COLUMN audit_private.event.actor IS 'payload: snapshot of the actor at that moment';

COMMENT ON COLUMN audit_private.event.target IS 'payload: snapshot of what was acted on, object or array; null means just type and id of the entity';

COMMENT ON COLUMN audit_private.event.changes IS 'payload: column to {old, new}';

COMMENT ON COLUMN audit_private.event.metadata IS 'payload: whatever else the application tells';

COMMENT ON COLUMN audit_private.event.ip IS 'payload: address that the request came from';

COMMENT ON COLUMN audit_private.event.user_agent IS 'payload: the client''s own name';

COMMENT ON COLUMN audit_private.event.request_id IS 'payload: ties together what one request did';

COMMENT ON COLUMN audit_private.event.error_message IS 'payload: why it failed';

COMMENT ON COLUMN audit_private.event.actor_id_digest IS 'digest of an erased actor_id';

COMMENT ON COLUMN audit_private.event.entity_id_digest IS 'digest of an erased entity_id';

COMMENT ON COLUMN audit_private.event.payload_digest IS 'digest of an erased payload';

COMMENT ON COLUMN audit_private.event.derived_salts IS 'salts of the groups that an erasure left';

CREATE VIEW audit_private.readable_event AS
 SELECT e.tenant_id,
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
    COALESCE(e.target, jsonb_build_object('type', e.entity_type, 'id', e.entity_id)) AS target,
    e.changes,
    e.metadata,
    e.outcome,
    e.error_message,
    e.ip,
    e.user_agent,
    e.request_id,
    e.recorded_by
   FROM (audit_private.event e
     LEFT JOIN audit_private.action a ON ((a.action = e.action)));

ALTER TABLE audit_private.readable_event OWNER TO audit_owner;

COMMENT ON VIEW audit_private.readable_event IS 'events of the visible tenant as readers see them';

CREATE VIEW audit.event AS
 SELECT e.tenant_id,
    e.occurred_at,
    e.id,
    e.recorded_at,
    e.sequence,
    e.transaction_id,
    e.source,
    e.category,
    e.action,
    e.entity_type,
    e.entity_id,
    e.actor_type,
    e.actor_id,
    e.actor,
    e.description,
    e.target,
    e.changes,
    e.metadata,
    e.outcome,
    e.error_message,
    e.ip,
    e.user_agent,
    e.request_id,
    e.recorded_by
   FROM audit_private.readable_event e
  WHERE ((( SELECT audit_private.open_reading() AS open_reading) IS NOT NULL) AND (e.tenant_id = ( SELECT audit_private.open_reading() AS open_reading)));

ALTER TABLE audit.event OWNER TO audit_owner;

COMMENT ON VIEW audit.event IS 'The tenant''s events. Needs a tenant and an open access session; each statement is logged with its text. Raises WT001, WT030, WT031, WT032, WT035 or WT036.';

COMMENT ON COLUMN audit.event.tenant_id IS 'whose event it is';

COMMENT ON COLUMN audit.event.occurred_at IS 'when it happened';

COMMENT ON COLUMN audit.event.id IS 'UUIDv7 that gives occurred_at to the microsecond';

COMMENT ON COLUMN audit.event.recorded_at IS 'when it was written';

COMMENT ON COLUMN audit.event.sequence IS 'orders events of one entity that share a microsecond';

COMMENT ON COLUMN audit.event.transaction_id IS 'number of the transaction that wrote it';

COMMENT ON COLUMN audit.event.source IS 'logged, captured, imported or system';

COMMENT ON COLUMN audit.event.category IS 'category of the action';

COMMENT ON COLUMN audit.event.action IS 'what was done';

COMMENT ON COLUMN audit.event.entity_type IS 'to what kind of thing';

COMMENT ON COLUMN audit.event.entity_id IS 'to which thing';

COMMENT ON COLUMN audit.event.actor_type IS 'by what kind of actor';

COMMENT ON COLUMN audit.event.actor_id IS 'by whom';

COMMENT ON COLUMN audit.event.actor IS 'snapshot of the actor at that moment';

COMMENT ON COLUMN audit.event.description IS 'the event in words';

COMMENT ON COLUMN audit.event.target IS 'snapshot of what was acted on; type and id of the entity when none was given';

COMMENT ON COLUMN audit.event.changes IS 'column to {old, new}';

COMMENT ON COLUMN audit.event.metadata IS 'whatever else the application told';

COMMENT ON COLUMN audit.event.outcome IS 'success or failure';

COMMENT ON COLUMN audit.event.error_message IS 'why it failed';

COMMENT ON COLUMN audit.event.ip IS 'address that the request came from';

COMMENT ON COLUMN audit.event.user_agent IS 'the client''s own name';

COMMENT ON COLUMN audit.event.request_id IS 'ties together what one request did';

COMMENT ON COLUMN audit.event.recorded_by IS 'login, and SET ROLE role behind a slash, that wrote it';

CREATE FUNCTION audit.get_event(event_id uuid, tenant_id uuid DEFAULT NULL::uuid) RETURNS audit.event
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "DateStyle" TO 'ISO, YMD'
    AS $$
declare
  tenant uuid;
  session audit_private.access_session;
  event audit.event;
begin
  tenant := audit_private.require_tenant(get_event.tenant_id);
  session := audit_private.require_access(tenant);
  execute format(
    'select e.* from audit_private.readable_event e
    where e.tenant_id = %L::uuid and e.occurred_at = %L::timestamptz and e.id = %L::uuid',
    tenant, audit_private.event_time(get_event.event_id), get_event.event_id)
  into event;
  if event.id is null then
    raise exception using
      errcode = 'WT044',
      message = format('there is no event %s', coalesce(get_event.event_id::text, 'null')),
      detail = format('Tenant %s has no event of this id.', tenant),
      hint = 'Events are found with audit.search_events.';
  end if;
  perform audit_private.record_read(
    session => session,
    route => 'get',
    filter => jsonb_build_object('id', get_event.event_id),
    rows => 1
  );
  perform audit_private.release_tenant();
  return event;
end
$$;

ALTER FUNCTION audit.get_event(event_id uuid, tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.get_event(event_id uuid, tenant_id uuid) IS 'One event of the tenant. Needs an open access session, and is logged. Raises WT044 when there is none.';

CREATE FUNCTION audit.get_row_at(relation regclass, entity_id bigint, at timestamp with time zone, tenant_id uuid DEFAULT NULL::uuid) RETURNS jsonb
    LANGUAGE sql
    AS $$
  select audit.get_row_at(relation, entity_id::text, at, tenant_id)
$$;

ALTER FUNCTION audit.get_row_at(relation regclass, entity_id bigint, at timestamp with time zone, tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.get_row_at(relation regclass, entity_id bigint, at timestamp with time zone, tenant_id uuid) IS 'the same for a key of an integer type';

CREATE FUNCTION audit.get_row_at(relation regclass, entity_id text, at timestamp with time zone, tenant_id uuid DEFAULT NULL::uuid) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    AS $$
declare
  tenant constant uuid := audit_private.require_tenant(get_row_at.tenant_id);
  session constant audit_private.access_session := audit_private.require_access(tenant);
  known constant text := audit_private.require_watched(get_row_at.relation);
  id constant text := audit_private.captured_entity_id(get_row_at.entity_id);
  stood jsonb;
begin
  with told as materialized (
    select c.*, c.occurred_at <= get_row_at.at as is_past,
      count(*) filter (where c.is_start or c.is_end) over (order by c.sequence desc) as turns_to_come
    from audit_private.row_changes(tenant, known, id) c
  ),
  history as materialized (
    select t.*, case
      when t.is_start then 2 * min(t.sequence) over (partition by t.transaction_id, t.turns_to_come) - 1
      else 2 * t.sequence
    end as place
    from told t
  ),
  last_turn as (
    select * from history h where h.is_past and (h.is_start or h.is_end) order by h.place desc limit 1
  ),
  next_turn as (
    select * from history h where not h.is_past and (h.is_start or h.is_end) order by h.place limit 1
  ),
  change as materialized (
    select h.place, h.transaction_id, h.is_past, c.key, c.value,
      case when audit_private.is_withheld(c.value) then c.value else c.value -> 'old' end as old_value,
      case when audit_private.is_withheld(c.value) then c.value else c.value -> 'new' end as new_value
    from history h
    cross join jsonb_each(h.changes) c
  ),
  later as (
    select distinct on (c.key) c.key, c.old_value as value
    from change c
    where not c.is_past and c.place < coalesce((select n.place from next_turn n), c.place + 1)
      and not exists (select from last_turn)
    order by c.key, c.transaction_id,
      (c.transaction_id, c.key, c.old_value) in (select o.transaction_id, o.key, o.new_value from change o), c.place
  ),
  earlier as (
    select distinct on (c.key) c.key, c.new_value as value
    from change c
    where c.is_past and c.place > coalesce((select l.place from last_turn l), c.place - 1)
    order by c.key, c.transaction_id desc,
      (c.transaction_id, c.key, c.new_value) in (select o.transaction_id, o.key, o.old_value from change o), c.place desc
  )
  select case
    when not l.is_end or l.place is null and n.is_start is not true then nullif(
      coalesce(l.target, n.target, '{}')
      || coalesce((select jsonb_object_agg(v.key, v.value) from later v), '{}')
      || coalesce((select jsonb_object_agg(v.key, v.value) from earlier v), '{}'),
      '{}')
  end
  into stood
  from (select) as one
  left join last_turn l on true
  left join next_turn n on true;

  perform audit_private.record_read(
    session => session,
    route => 'row',
    filter => jsonb_build_object('entity_type', known, 'entity_id', id, 'at', get_row_at.at),
    rows => (stood is not null)::integer
  );
  perform audit_private.release_tenant();
  return stood;
end
$$;

ALTER FUNCTION audit.get_row_at(relation regclass, entity_id text, at timestamp with time zone, tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.get_row_at(relation regclass, entity_id text, at timestamp with time zone, tenant_id uuid) IS 'a row as it stood, rebuilt from the log: column to value, null when there was none. Of a row that is older than its watching, the columns that are known. Needs an open access session, and is logged. Raises WT091.';

CREATE FUNCTION audit.get_row_at(relation regclass, entity_id uuid, at timestamp with time zone, tenant_id uuid DEFAULT NULL::uuid) RETURNS jsonb
    LANGUAGE sql
    AS $$
  select audit.get_row_at(relation, entity_id::text, at, tenant_id)
$$;

ALTER FUNCTION audit.get_row_at(relation regclass, entity_id uuid, at timestamp with time zone, tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.get_row_at(relation regclass, entity_id uuid, at timestamp with time zone, tenant_id uuid) IS 'the same for a key of type uuid';

CREATE FUNCTION audit.grant_all_tenants(role name, reason text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  checked_reason constant text := audit_private.check_reason(grant_all_tenants.reason);
begin
  perform audit_private.lock_catalogue();
  perform audit_private.check_role(grant_all_tenants.role);
  insert into audit_private.service_grant (role_name, reason, granted_by)
  values (grant_all_tenants.role, checked_reason, audit_private.recorded_by())
  on conflict do nothing;
  if not found then
    return false;
  end if;
  perform audit_private.write_system_event(
    tenant_id => '00000000-0000-0000-0000-000000000000',
    action => 'tenant_granted',
    entity_type => 'audit_tenant',
    entity_id => null,
    description => format('Role %I may act for every tenant', grant_all_tenants.role),
    metadata => jsonb_build_object('role', grant_all_tenants.role, 'reason', checked_reason));
  return true;
end
$$;

ALTER FUNCTION audit.grant_all_tenants(role name, reason text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.grant_all_tenants(role name, reason text) IS 'lets an application''s service role act for every tenant, as its context says; for audit_operator';

CREATE FUNCTION audit.grant_tenant(role name, tenant_id uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform audit_private.lock_catalogue();
  perform audit_private.check_tenant(grant_tenant.tenant_id);
  perform audit_private.check_role(grant_tenant.role);
  insert into audit_private.tenant_grant (tenant_id, role_name, granted_by)
  values (grant_tenant.tenant_id, grant_tenant.role, audit_private.recorded_by())
  on conflict do nothing;
  if not found then
    return false;
  end if;
  perform audit_private.write_system_event(
    tenant_id => grant_tenant.tenant_id,
    action => 'tenant_granted',
    entity_type => 'audit_tenant',
    entity_id => grant_tenant.tenant_id::text,
    description => format('Role %I may act for the tenant', grant_tenant.role),
    metadata => jsonb_build_object('role', grant_tenant.role));
  return true;
end
$$;

ALTER FUNCTION audit.grant_tenant(role name, tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.grant_tenant(role name, tenant_id uuid) IS 'binds a database role to a tenant; true when that changed anything; for audit_operator';

CREATE FUNCTION audit.import_events(events jsonb, reason text, tenant_id uuid DEFAULT NULL::uuid) RETURNS TABLE(line integer, result text, event_id uuid, sqlstate text, message text, hint text, is_expired boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  tenant constant uuid := audit_private.require_tenant(import_events.tenant_id);
  checked_reason constant text := audit_private.check_reason(import_events.reason);
  imported integer := 0;
  repeated integer := 0;
  refused integer := 0;
begin
  if jsonb_typeof(import_events.events) is distinct from 'array'
    or jsonb_array_length(import_events.events) > 10000
  then
    raise exception using
      errcode = 'WT013',
      message = 'an import takes an array of at most 10,000 events',
      detail = format('Given is %s.', coalesce(case jsonb_typeof(import_events.events)
        when 'array' then format('one of %s', jsonb_array_length(import_events.events))
        else jsonb_typeof(import_events.events) end, 'null')),
      hint = 'Call it again for the next events: an import can be repeated without doubling.';
  end if;
  perform audit_private.require_read_committed();
  perform from audit_private.tenant t where t.tenant_id = tenant and t.retired_at is null for no key update;
  if not found then
    perform audit_private.refuse_codes(tenant, null, null);
  end if;
  perform audit_private.add_partitions(audit_private.batch_times(import_events.events));
  for line, result, event_id, sqlstate, message, hint, is_expired in
    select b.* from audit_private.import_batch(tenant, import_events.events, 0) b order by b.line
  loop
    imported := imported + (result = 'imported')::integer;
    repeated := repeated + (result = 'repeated')::integer;
    refused := refused + (result = 'refused')::integer;
    return next;
  end loop;
  perform audit_private.write_system_event(
    tenant_id => tenant,
    action => 'events_imported',
    entity_type => 'audit_log',
    entity_id => null,
    description => format('%s events imported, %s repeated, %s refused', imported, repeated, refused),
    metadata => jsonb_build_object(
      'reason', checked_reason, 'imported', imported, 'repeated', repeated, 'refused', refused));
  perform audit_private.release_tenant();
end
$$;

ALTER FUNCTION audit.import_events(events jsonb, reason text, tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.import_events(events jsonb, reason text, tenant_id uuid) IS 'imports events of the past, which may be run again; a row an event: imported, repeated or refused; for audit_admin';

CREATE FUNCTION audit.is_logged(action text, tenant_id uuid DEFAULT NULL::uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  tenant constant uuid := audit_private.require_tenant(is_logged.tenant_id);
  decided boolean;
begin
  select d.is_logged into decided
  from audit_private.logging_decision d
  where d.tenant_id = tenant and d.action = is_logged.action;
  if decided is null then
    perform audit_private.refuse_codes(tenant, is_logged.action, null);
  end if;
  perform audit_private.release_tenant();
  return decided;
end
$$;

ALTER FUNCTION audit.is_logged(action text, tenant_id uuid) OWNER TO audit_writer;

COMMENT ON FUNCTION audit.is_logged(action text, tenant_id uuid) IS 'whether an event of this action would be stored now; for audit_app';

CREATE FUNCTION audit.list_access(tenant_id uuid DEFAULT NULL::uuid) RETURNS TABLE(access_id uuid, access_reason text, justification text, actor_id text, actor_type text, recorded_by text, opened_at timestamp with time zone, last_used_at timestamp with time zone, expires_at timestamp with time zone, closed_at timestamp with time zone, closed_by text, is_open boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  tenant uuid;
begin
  tenant := audit_private.require_tenant(list_access.tenant_id);
  return query
  select s.access_id, s.access_reason, s.justification, s.actor_id, s.actor_type, s.recorded_by,
    s.opened_at, s.last_used_at, e.expires_at, c.closed_at, c.closed_by,
    e.expires_at > clock_timestamp()
  from audit_private.access_session s
  left join audit_private.access_closing c on c.tenant_id = s.tenant_id and c.access_id = s.access_id
  cross join lateral (
    select audit_private.access_expiry(s.opened_at, s.last_used_at, c.closed_at) as expires_at
  ) e
  where s.tenant_id = tenant
  order by s.opened_at desc, s.access_id desc;
  perform audit_private.release_tenant();
end
$$;

ALTER FUNCTION audit.list_access(tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.list_access(tenant_id uuid) IS 'The access sessions of the tenant, newest first';

CREATE FUNCTION audit.list_actors(search text DEFAULT NULL::text, tenant_id uuid DEFAULT NULL::uuid) RETURNS TABLE(actor_type text, actor_id text, actor jsonb, last_seen_at timestamp with time zone, events bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    SET standard_conforming_strings TO 'on'
    SET "DateStyle" TO 'ISO, YMD'
    AS $_$
declare
  most constant integer := 100;
  counted_at_most constant bigint := 1000000;
  tenant uuid;
  session audit_private.access_session;
  pattern text;
  partition record;
  span record;
  met text[] := '{}';
  newly_met text[];
  newly_found jsonb;
  found_actors jsonb := '[]';
  counts jsonb := '{}';
  counted bigint := 0;
  listed bigint;
begin
  tenant := audit_private.require_tenant(list_actors.tenant_id);
  session := audit_private.require_access(tenant);
  if list_actors.search is not null then
    pattern := audit_private.search_pattern('search', to_jsonb(list_actors.search));
  end if;

  for partition in
    select p.from_time, p.until_time, p.is_closed
    from audit_private.event_partitions() p
    where p.from_time <= clock_timestamp() + interval '5 minutes'
    order by p.from_time desc
  loop
    select array_agg(f.actor_id),
      jsonb_agg(to_jsonb(f) order by f.occurred_at desc, f.id desc) filter (where f.is_match)
    into newly_met, newly_found
    from audit_private.find_actors(tenant, partition.from_time, partition.until_time, partition.is_closed, pattern) f
    where f.actor_id <> all (met);
    met := met || newly_met;
    found_actors := found_actors || coalesce(newly_found, '[]');
    exit when jsonb_array_length(found_actors) >= most;
  end loop;
  found_actors := jsonb_path_query_array(found_actors, '$[0 to 99]');
  met := array(select f.value ->> 'actor_id' from jsonb_array_elements(found_actors) as f (value));

  for span in select w.* from audit_private.event_windows(null, null) w loop
    exit when met = '{}' or counted >= counted_at_most;
    select counts || coalesce(
        jsonb_object_agg(c.actor_id, coalesce((counts ->> c.actor_id)::bigint, 0) + c.events), '{}'),
      counted + coalesce(sum(c.events), 0)
    into counts, counted
    from audit_private.count_actor_events(
      tenant, met, span.window_from, span.window_until, counted_at_most - counted) c;
  end loop;

  return query execute format(
    'select e.actor_type, e.actor_id, e.actor, e.occurred_at, coalesce(($2 ->> e.actor_id)::bigint, 0)
    from jsonb_to_recordset($1) as k (occurred_at timestamptz, id uuid)
    join audit_private.event e
      on e.tenant_id = %L::uuid and e.occurred_at = k.occurred_at and e.id = k.id
    where e.occurred_at between %L::timestamptz and %L::timestamptz
    order by e.occurred_at desc, e.id desc',
    tenant, found_actors -> -1 ->> 'occurred_at', found_actors -> 0 ->> 'occurred_at')
  using found_actors, counts;
  get diagnostics listed = row_count;
  perform audit_private.record_read(
    session => session,
    route => 'actors',
    filter => case when list_actors.search is null then '{}' else jsonb_build_object('search', list_actors.search) end,
    rows => listed
  );
  perform audit_private.release_tenant();
end
$_$;

ALTER FUNCTION audit.list_actors(search text, tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.list_actors(search text, tenant_id uuid) IS 'The tenant''s actors by id, last seen first, at most 100, with their newest snapshot, found by text in id or snapshot; events counts up to a million in all. Needs an open access session, and is logged.';

CREATE FUNCTION audit.list_catalogue() RETURNS TABLE(kind text, code text, category text, titles jsonb, descriptions jsonb, is_mandatory boolean, is_built_in boolean, retired_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select k.kind, k.code, k.category, k.titles, k.descriptions, k.is_mandatory, k.is_built_in, k.retired_at
  from (
    select 1 as place, 'category' as kind, c.category as code, null as category, c.titles, c.descriptions,
      c.is_mandatory, c.is_built_in, null::timestamptz as retired_at
    from audit_private.category c
    union all
    select 2, 'action', a.action, a.category, a.titles, a.descriptions, c.is_mandatory, c.is_built_in, a.retired_at
    from audit_private.action a join audit_private.category c using (category)
    union all
    select 3, 'entity_type', t.entity_type, null, t.titles, t.descriptions, false, t.is_built_in, null
    from audit_private.entity_type t
    union all
    select 4, 'actor_type', t.actor_type, null, t.titles, t.descriptions, false, true, null
    from audit_private.actor_type t
    union all
    select 5, 'outcome', o.outcome, null, o.titles, o.descriptions, false, true, null
    from audit_private.outcome o
    union all
    select 6, 'access_reason', r.access_reason, null, r.titles, r.descriptions, false, false, null
    from audit_private.access_reason r
  ) k
  order by k.place, k.category nulls first, k.code
$$;

ALTER FUNCTION audit.list_catalogue() OWNER TO audit_owner;

COMMENT ON FUNCTION audit.list_catalogue() IS 'the vocabulary of the log: categories, actions, entity types, actor types, outcomes, access reasons';

CREATE FUNCTION audit.list_control_events(from_time timestamp with time zone DEFAULT NULL::timestamp with time zone, to_time timestamp with time zone DEFAULT NULL::timestamp with time zone) RETURNS TABLE(tenant_id uuid, occurred_at timestamp with time zone, id uuid, recorded_at timestamp with time zone, sequence bigint, transaction_id bigint, source text, action text, entity_type text, actor_type text, outcome text, recorded_by text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    SET "DateStyle" TO 'ISO, YMD'
    AS $_$
declare
  mandatory constant text[] := array(
    select a.action
    from audit_private.action a
    join audit_private.category c on c.category = a.category
    where c.is_mandatory
  );
  all_retained_since constant timestamptz := (
    select max(audit_private.retention_cutoff(t.tenant_id)) from audit_private.policies_in_force(now()) t
  );
  span record;
begin
  for span in
    select greatest(w.window_from, list_control_events.from_time) as from_time,
      least(w.window_until, list_control_events.to_time) as until_time
    from audit_private.event_windows(list_control_events.from_time, list_control_events.to_time) w
  loop
    return query execute format(
      'select e.tenant_id, e.occurred_at, e.id, e.recorded_at, e.sequence, e.transaction_id, e.source, e.action,
        e.entity_type, e.actor_type, e.outcome, e.recorded_by
      from audit_private.event e
      where e.action = any ($1)
        and e.occurred_at >= %L::timestamptz
        and e.occurred_at < %L::timestamptz
        and (e.occurred_at >= %L::timestamptz or audit_private.is_retained(
          e.tenant_id, e.occurred_at, e.id, e.source, e.action, e.entity_type, e.actor_type, e.outcome, e.actor_id,
          e.entity_id))
      order by e.occurred_at desc, e.id desc',
      span.from_time, span.until_time, all_retained_since)
    using mandatory;
  end loop;
end
$_$;

ALTER FUNCTION audit.list_control_events(from_time timestamp with time zone, to_time timestamp with time zone) OWNER TO audit_finder;

COMMENT ON FUNCTION audit.list_control_events(from_time timestamp with time zone, to_time timestamp with time zone) IS 'The envelopes of mandatory events of all tenants, newest first, from inclusive, to exclusive';

CREATE FUNCTION audit.list_data_purges(up_to integer DEFAULT 100) RETURNS TABLE(run_id uuid, relation text, tenant_id uuid, started_at timestamp with time zone, finished_at timestamp with time zone, predicted bigint, removed bigint, children_removed bigint, erased bigint, kept_by_hold bigint, kept_locked bigint, failed bigint, by_level jsonb, decision text, result text, error text, run_by text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if not audit_private.sees_all_tenants() then
    perform audit_private.require_tenant(null);
  end if;
  return query
  select t.run_id, t.relation, t.tenant_id, t.started_at, t.finished_at, t.predicted, t.removed, t.children_removed, t.erased,
    t.kept_by_hold, t.kept_locked, t.failed, t.by_level, t.decision,
    case when t.result = 'running' and r.result <> 'running' then 'interrupted' else t.result end,
    t.error, r.run_by
  from audit_private.data_purge_receipt t
  join audit_private.job_run r on r.run_id = t.run_id
  order by t.started_at desc, t.relation desc, t.tenant_id
  limit list_data_purges.up_to;
  perform audit_private.release_tenant();
end
$$;

ALTER FUNCTION audit.list_data_purges(up_to integer) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.list_data_purges(up_to integer) IS 'what each run of purge_data removed of each table and tenant, newest first; for audit_operator and audit_auditor of every tenant, for audit_privacy of its own';

CREATE FUNCTION audit.list_data_retention() RETURNS TABLE(relation text, time_column text, tenant_column text, levels jsonb, children jsonb, entity_type text, decision text, armed_at timestamp with time zone, armed_by text, last_run_at timestamp with time zone, problem text)
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    AS $$
  select d.relation, d.time_column, d.tenant_column,
    (
      select jsonb_agg(
        l.value || jsonb_build_object('join', (
          select jsonb_object_agg(
            coalesce((d.levels -> (nullif((j.value ->> 0)::integer, 0) - 1) ->> 'name') || '.', '') || (j.value ->> 1), j.value -> 2)
          from jsonb_array_elements(l.value -> 'join') j))
        order by l.ordinality)
      from jsonb_array_elements(d.levels) with ordinality l
    ),
    d.children, d.entity_type, d.decision, d.armed_at, d.armed_by,
    (select max(t.started_at) from audit_private.data_purge_receipt t where t.relation = d.relation),
    audit_private.data_retention_problem(d)
  from audit_private.data_retention d
  order by d.relation
$$;

ALTER FUNCTION audit.list_data_retention() OWNER TO audit_owner;

COMMENT ON FUNCTION audit.list_data_retention() IS 'tables under data retention, by whose days, since when rows go, and what keeps a run from them; for audit_operator, audit_auditor and audit_privacy';

CREATE FUNCTION audit.list_epochs() RETURNS TABLE(epoch integer, origin text, kind text, began_at timestamp with time zone, log_size bigint, last_sealed_at timestamp with time zone, accepted_at timestamp with time zone, accepted_by text, accept_reason text)
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select e.epoch, audit_private.log_origin(e.epoch), e.kind, e.began_at, e.log_size, e.last_sealed_at, e.accepted_at,
    e.accepted_by, e.accept_reason
  from audit_private.epoch e
  order by e.epoch desc
$$;

ALTER FUNCTION audit.list_epochs() OWNER TO audit_owner;

COMMENT ON FUNCTION audit.list_epochs() IS 'the lives of the log, newest first: where each began, by what kind of restore, and who accepted it; for audit_operator and audit_auditor';

CREATE TABLE audit_private.erasure (
    tenant_id uuid NOT NULL,
    erasure_id uuid DEFAULT gen_random_uuid() NOT NULL,
    kind text NOT NULL,
    reason text NOT NULL,
    requested_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    requested_by text NOT NULL,
    erased bigint DEFAULT 0 NOT NULL,
    held bigint DEFAULT 0 NOT NULL,
    exports bigint DEFAULT 0 NOT NULL,
    CONSTRAINT erasure_kind_check CHECK ((kind = ANY (ARRAY['subject'::text, 'events'::text, 'replay'::text, 'data'::text])))
);

ALTER TABLE ONLY audit_private.erasure FORCE ROW LEVEL SECURITY;

ALTER TABLE audit_private.erasure OWNER TO audit_owner;

COMMENT ON TABLE audit_private.erasure IS 'each erasure; neither identifiers nor digests of them';

COMMENT ON COLUMN audit_private.erasure.tenant_id IS 'whose events';

COMMENT ON COLUMN audit_private.erasure.erasure_id IS 'the erasure';

COMMENT ON COLUMN audit_private.erasure.kind IS 'subject: a person; events: what a filter found; replay: once more, after a restore; data: rows of the application went';

COMMENT ON COLUMN audit_private.erasure.reason IS 'why';

COMMENT ON COLUMN audit_private.erasure.requested_at IS 'when it was asked for';

COMMENT ON COLUMN audit_private.erasure.requested_by IS 'login and SET ROLE role';

COMMENT ON COLUMN audit_private.erasure.erased IS 'events of which it has erased something by now';

COMMENT ON COLUMN audit_private.erasure.held IS 'events that a hold kept from it, and that go when that is released';

COMMENT ON COLUMN audit_private.erasure.exports IS 'exports that were ended and emptied with it';

CREATE FUNCTION audit.list_erasures(tenant_id uuid DEFAULT NULL::uuid) RETURNS SETOF audit_private.erasure
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  tenant constant uuid := audit_private.listed_tenant(list_erasures.tenant_id);
begin
  return query
  select x.*
  from audit_private.erasure x
  where tenant is null or x.tenant_id = tenant
  order by x.requested_at desc, x.erasure_id;
  perform audit_private.release_tenant();
end
$$;

ALTER FUNCTION audit.list_erasures(tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.list_erasures(tenant_id uuid) IS 'erasures, newest first: why, by whom, of how many events, and how many a hold still keeps; of every tenant for audit_operator and audit_auditor, of their own for audit_privacy and audit_admin';

CREATE FUNCTION audit.list_exports(tenant_id uuid DEFAULT NULL::uuid) RETURNS TABLE(export_id uuid, format text, filter jsonb, state text, is_straight boolean, rows bigint, bytes bigint, reached_at timestamp with time zone, digest text, error text, actor_id text, actor_type text, requested_by text, requested_at timestamp with time zone, started_at timestamp with time zone, finished_at timestamp with time zone, expires_at timestamp with time zone)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  tenant uuid;
begin
  tenant := audit_private.require_tenant(list_exports.tenant_id);
  return query
  select x.export_id, x.format, x.filter, audit_private.export_state(x), x.is_straight, x.rows, x.bytes,
    x.place_occurred_at, x.digest, x.error, x.actor_id, x.actor_type, x.requested_by, x.requested_at, x.started_at,
    x.finished_at, x.expires_at
  from audit_private.export x
  where x.tenant_id = tenant
  order by x.requested_at desc, x.export_id desc;
  perform audit_private.release_tenant();
end
$$;

ALTER FUNCTION audit.list_exports(tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.list_exports(tenant_id uuid) IS 'The exports of the tenant, newest first: how far each is, and the time of the event that it has come to';

CREATE FUNCTION audit.list_grants() RETURNS TABLE(role_name name, tenant_id uuid, reason text, granted_at timestamp with time zone, granted_by text, is_role_present boolean)
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL RESTRICTED
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select g.role_name, g.tenant_id, g.reason, g.granted_at, g.granted_by,
    exists (select from pg_roles r where r.rolname = g.role_name)
  from (
    select role_name, tenant_id, null as reason, granted_at, granted_by from audit_private.tenant_grant
    union all
    select role_name, null, reason, granted_at, granted_by from audit_private.service_grant
  ) g
  order by g.role_name, g.tenant_id nulls first
$$;

ALTER FUNCTION audit.list_grants() OWNER TO audit_owner;

COMMENT ON FUNCTION audit.list_grants() IS 'which database role may act for which tenant; a null tenant stands for all; for audit_operator and audit_auditor';

CREATE TABLE audit_private.legal_hold (
    tenant_id uuid NOT NULL,
    hold_id uuid DEFAULT gen_random_uuid() NOT NULL,
    name text NOT NULL,
    filter jsonb NOT NULL,
    sources text[],
    categories text[],
    actions text[],
    entity_types text[],
    actor_types text[],
    outcomes text[],
    actor_ids text[],
    entity_ids text[],
    ids uuid[],
    from_time timestamp with time zone NOT NULL,
    until_time timestamp with time zone NOT NULL,
    reason text NOT NULL,
    placed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    placed_by text NOT NULL,
    released_at timestamp with time zone,
    released_by text,
    release_reason text,
    awaiting_erasure text[] DEFAULT '{}'::text[] NOT NULL,
    CONSTRAINT legal_hold_name_check CHECK ((name <> ''::text))
);

ALTER TABLE ONLY audit_private.legal_hold FORCE ROW LEVEL SECURITY;

ALTER TABLE audit_private.legal_hold OWNER TO audit_owner;

COMMENT ON TABLE audit_private.legal_hold IS 'what nothing may remove or erase, also when it comes later';

COMMENT ON COLUMN audit_private.legal_hold.tenant_id IS 'the tenant';

COMMENT ON COLUMN audit_private.legal_hold.hold_id IS 'tells holds of one name apart, of which one at most stands';

COMMENT ON COLUMN audit_private.legal_hold.name IS 'for people, such as a case number';

COMMENT ON COLUMN audit_private.legal_hold.filter IS 'the filter as it was given';

COMMENT ON COLUMN audit_private.legal_hold.sources IS 'sources held; null when any is';

COMMENT ON COLUMN audit_private.legal_hold.categories IS 'categories of actions held; null when any is';

COMMENT ON COLUMN audit_private.legal_hold.actions IS 'actions held; null when any is';

COMMENT ON COLUMN audit_private.legal_hold.entity_types IS 'entity types held; null when any is';

COMMENT ON COLUMN audit_private.legal_hold.actor_types IS 'actor types held; null when any is';

COMMENT ON COLUMN audit_private.legal_hold.outcomes IS 'outcomes held; null when any is';

COMMENT ON COLUMN audit_private.legal_hold.actor_ids IS 'actors held, among them perhaps null; null when any is';

COMMENT ON COLUMN audit_private.legal_hold.entity_ids IS 'entities held, among them perhaps null; null when any is';

COMMENT ON COLUMN audit_private.legal_hold.ids IS 'single events held; null when any is';

COMMENT ON COLUMN audit_private.legal_hold.from_time IS 'first moment held';

COMMENT ON COLUMN audit_private.legal_hold.until_time IS 'first moment after it that isn''t held';

COMMENT ON COLUMN audit_private.legal_hold.reason IS 'why it was placed';

COMMENT ON COLUMN audit_private.legal_hold.placed_at IS 'when';

COMMENT ON COLUMN audit_private.legal_hold.placed_by IS 'login and SET ROLE role';

COMMENT ON COLUMN audit_private.legal_hold.released_at IS 'since when it holds nothing; null while it stands';

COMMENT ON COLUMN audit_private.legal_hold.released_by IS 'login and SET ROLE role';

COMMENT ON COLUMN audit_private.legal_hold.release_reason IS 'why it was released';

COMMENT ON COLUMN audit_private.legal_hold.awaiting_erasure IS 'which of name, filter and reason tell of somebody who was erased; they go when the hold is released';

CREATE VIEW audit_private.hold_row AS
 SELECT h.tenant_id,
    h.name,
    h.filter,
    h.reason,
    h.placed_at,
    h.placed_by,
    h.released_at,
    h.released_by,
    h.release_reason
   FROM audit_private.legal_hold h
  WHERE false;

ALTER TABLE audit_private.hold_row OWNER TO audit_owner;

COMMENT ON VIEW audit_private.hold_row IS 'row type of audit.list_holds; holds no rows';

CREATE FUNCTION audit.list_holds(tenant_id uuid DEFAULT NULL::uuid) RETURNS SETOF audit_private.hold_row
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  tenant constant uuid := audit_private.listed_tenant(list_holds.tenant_id);
begin
  return query
  select h.tenant_id, h.name, h.filter, h.reason, h.placed_at, h.placed_by, h.released_at, h.released_by, h.release_reason
  from audit_private.legal_hold h
  where tenant is null or h.tenant_id = tenant
  order by h.released_at is not null, h.placed_at desc, h.tenant_id, h.name;
  perform audit_private.release_tenant();
end
$$;

ALTER FUNCTION audit.list_holds(tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.list_holds(tenant_id uuid) IS 'holds that stand, newest first, then those released; of every tenant for audit_operator and audit_auditor, of their own for audit_admin and audit_privacy';

CREATE FUNCTION audit.list_jobs() RETURNS TABLE(job_name text, description text, schedule text, scheduler text, next_run_at timestamp with time zone, last_started_at timestamp with time zone, last_finished_at timestamp with time zone, duration interval, result text, detail text, run_by text)
    LANGUAGE sql SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select d.job_name, d.description, d.cron, case when exists (
      select from audit_private.job_schedule c where c.job_name = d.job_name
    ) then 'pg_cron' end, l.next_run_at,
    s.last_started_at, s.last_finished_at, coalesce(s.last_finished_at, s.last_step_at) - s.last_started_at,
    s.result, s.detail, s.run_by
  from audit_private.job_definitions() d
  join audit_private.job_slots() l using (job_name)
  join audit_private.job_states() s using (job_name)
  order by d.at_time, d.job_name
$$;

ALTER FUNCTION audit.list_jobs() OWNER TO audit_owner;

COMMENT ON FUNCTION audit.list_jobs() IS 'the jobs, when they run (UTC), who was told to run them, and how the last run of each ended (running, succeeded, failed or interrupted; null when there was none); for audit_operator and audit_auditor';

CREATE FUNCTION audit.list_ledger() RETURNS SETOF jsonb
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    AS $$
  select l.line
  from (
    select 1 as place, x.erased_at as moment, x.event_id as id, jsonb_build_object(
      'kind', 'erasure', 'tenant_id', x.tenant_id, 'erasure_id', x.erasure_id, 'erased_at', x.erased_at,
      'event_id', x.event_id, 'groups', x.groups) as line
    from audit_private.erased_event x
    union all
    select 2, h.placed_at, h.hold_id, jsonb_build_object(
      'kind', 'hold', 'tenant_id', h.tenant_id, 'hold_id', h.hold_id, 'placed_at', h.placed_at,
      'released_at', h.released_at,
      'digest', case when h.filter <> '{"erased": true}' then
        encode(sha256(convert_to(h.filter::text, 'UTF8')), 'hex') end)
    from audit_private.legal_hold h
    union all
    select 3, p.set_at, p.tenant_id, jsonb_build_object(
      'kind', 'retention', 'tenant_id', p.tenant_id, 'takes_effect_at', p.takes_effect_at, 'set_at', p.set_at,
      'days', p.days, 'is_exact', p.is_exact)
    from audit_private.retention_policy p
  ) l
  order by l.place, l.moment, l.id
$$;

ALTER FUNCTION audit.list_ledger() OWNER TO audit_owner;

COMMENT ON FUNCTION audit.list_ledger() IS 'erasures, holds and retention policies of every tenant as lines of the ledger, oldest first, no names in them; for audit_operator and audit_auditor';

CREATE FUNCTION audit.list_options() RETURNS TABLE(name text, value text, default_value text, description text, changed_at timestamp with time zone, changed_by text)
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select o.name, o.value, o.default_value, o.description, o.changed_at, o.changed_by
  from audit_private.option o
  order by o.name
$$;

ALTER FUNCTION audit.list_options() OWNER TO audit_owner;

COMMENT ON FUNCTION audit.list_options() IS 'options of the installation; for audit_operator and audit_auditor';

CREATE FUNCTION audit.list_partitions() RETURNS TABLE(partition_name text, from_time timestamp with time zone, until_time timestamp with time zone, is_closed boolean, estimated_rows bigint, bytes bigint)
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select p.partition_name, p.from_time, p.until_time, p.is_closed, greatest(c.reltuples, 0)::bigint,
    pg_total_relation_size(c.oid)
  from audit_private.event_partitions() p
  join pg_class c on c.relnamespace = 'audit_private'::regnamespace and c.relname = p.partition_name
  order by p.from_time
$$;

ALTER FUNCTION audit.list_partitions() OWNER TO audit_owner;

COMMENT ON FUNCTION audit.list_partitions() IS 'partitions of the log, oldest first, with estimated rows and bytes; for audit_operator and audit_auditor';

CREATE TABLE audit_private.job_run (
    run_id uuid DEFAULT gen_random_uuid() NOT NULL,
    job_name text NOT NULL,
    started_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    last_step_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    finished_at timestamp with time zone,
    result text DEFAULT 'running'::text NOT NULL,
    detail text,
    place jsonb,
    process_id integer NOT NULL,
    run_by text NOT NULL,
    CONSTRAINT job_run_result_check CHECK ((result = ANY (ARRAY['running'::text, 'succeeded'::text, 'failed'::text, 'interrupted'::text])))
);

ALTER TABLE audit_private.job_run OWNER TO audit_owner;

COMMENT ON TABLE audit_private.job_run IS 'each run of a job; one of a job at a time';

COMMENT ON COLUMN audit_private.job_run.run_id IS 'the run';

COMMENT ON COLUMN audit_private.job_run.job_name IS 'the procedure';

COMMENT ON COLUMN audit_private.job_run.started_at IS 'when it began, which is also the moment that it decides by';

COMMENT ON COLUMN audit_private.job_run.last_step_at IS 'when its last step committed';

COMMENT ON COLUMN audit_private.job_run.finished_at IS 'when it ended, or was found to have died';

COMMENT ON COLUMN audit_private.job_run.result IS 'running, succeeded, failed or interrupted';

COMMENT ON COLUMN audit_private.job_run.detail IS 'what it did, or what went wrong';

COMMENT ON COLUMN audit_private.job_run.place IS 'how far it has come';

COMMENT ON COLUMN audit_private.job_run.process_id IS 'server process that runs it';

COMMENT ON COLUMN audit_private.job_run.run_by IS 'login and SET ROLE role';

CREATE TABLE audit_private.purge_receipt (
    tenant_id uuid NOT NULL,
    run_id uuid NOT NULL,
    days integer,
    is_exact boolean NOT NULL,
    cutoff timestamp with time zone,
    predicted bigint NOT NULL,
    removed bigint DEFAULT 0 NOT NULL,
    kept_by_floor bigint DEFAULT 0 NOT NULL,
    kept_by_hold bigint DEFAULT 0 NOT NULL,
    oldest_removed_at timestamp with time zone,
    newest_removed_at timestamp with time zone,
    is_last boolean DEFAULT false NOT NULL,
    is_told boolean DEFAULT false NOT NULL,
    error text
);

ALTER TABLE ONLY audit_private.purge_receipt FORCE ROW LEVEL SECURITY;

ALTER TABLE audit_private.purge_receipt OWNER TO audit_owner;

COMMENT ON TABLE audit_private.purge_receipt IS 'what each run of purge_events removed of each tenant, also when it was nothing';

COMMENT ON COLUMN audit_private.purge_receipt.tenant_id IS 'the tenant';

COMMENT ON COLUMN audit_private.purge_receipt.run_id IS 'the run';

COMMENT ON COLUMN audit_private.purge_receipt.days IS 'the policy in force; null kept everything';

COMMENT ON COLUMN audit_private.purge_receipt.is_exact IS 'the policy in force';

COMMENT ON COLUMN audit_private.purge_receipt.cutoff IS 'events strictly older were due';

COMMENT ON COLUMN audit_private.purge_receipt.predicted IS 'events that the run set out to remove';

COMMENT ON COLUMN audit_private.purge_receipt.removed IS 'events that it removed';

COMMENT ON COLUMN audit_private.purge_receipt.kept_by_floor IS 'older than the cut-off, but their category is kept longer';

COMMENT ON COLUMN audit_private.purge_receipt.kept_by_hold IS 'due, but held';

COMMENT ON COLUMN audit_private.purge_receipt.oldest_removed_at IS 'time of the oldest event removed';

COMMENT ON COLUMN audit_private.purge_receipt.newest_removed_at IS 'time of the newest event removed';

COMMENT ON COLUMN audit_private.purge_receipt.is_last IS 'the tenant is retired, and no event of it is left';

COMMENT ON COLUMN audit_private.purge_receipt.is_told IS 'an event tells of it';

COMMENT ON COLUMN audit_private.purge_receipt.error IS 'what kept the run from removing some of them';

CREATE TABLE audit_private.tenant (
    tenant_id uuid NOT NULL,
    name text NOT NULL,
    registered_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    retired_at timestamp with time zone,
    is_logging_enabled boolean DEFAULT true NOT NULL,
    CONSTRAINT tenant_name_check CHECK ((name <> ''::text))
);

ALTER TABLE ONLY audit_private.tenant FORCE ROW LEVEL SECURITY;

ALTER TABLE audit_private.tenant OWNER TO audit_owner;

COMMENT ON TABLE audit_private.tenant IS 'whose events the log keeps; the nil uuid stands for the installation itself';

COMMENT ON COLUMN audit_private.tenant.tenant_id IS 'the application''s own identifier';

COMMENT ON COLUMN audit_private.tenant.name IS 'for people';

COMMENT ON COLUMN audit_private.tenant.registered_at IS 'when it was registered';

COMMENT ON COLUMN audit_private.tenant.retired_at IS 'since when it can''t log; its trail stays readable';

COMMENT ON COLUMN audit_private.tenant.is_logging_enabled IS 'the global toggle';

CREATE VIEW audit_private.purge_row AS
 SELECT j.run_id,
    j.started_at,
    j.finished_at,
    r.tenant_id,
    t.name,
    r.days,
    r.is_exact,
    r.cutoff,
    r.predicted,
    r.removed,
    r.kept_by_floor,
    r.kept_by_hold,
    r.oldest_removed_at,
    r.newest_removed_at,
    r.is_last,
    j.result,
    r.error,
    j.run_by
   FROM ((audit_private.purge_receipt r
     CROSS JOIN audit_private.job_run j)
     CROSS JOIN audit_private.tenant t)
  WHERE false;

ALTER TABLE audit_private.purge_row OWNER TO audit_owner;

COMMENT ON VIEW audit_private.purge_row IS 'row type of audit.list_purges; holds no rows';

CREATE FUNCTION audit.list_purges(up_to integer DEFAULT 100, tenant_id uuid DEFAULT NULL::uuid) RETURNS SETOF audit_private.purge_row
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  tenant constant uuid := audit_private.listed_tenant(list_purges.tenant_id);
begin
  return query
  select j.run_id, j.started_at, j.finished_at, r.tenant_id, t.name, r.days, r.is_exact, r.cutoff, r.predicted, r.removed,
    r.kept_by_floor, r.kept_by_hold, r.oldest_removed_at, r.newest_removed_at, r.is_last, j.result, r.error, j.run_by
  from audit_private.purge_receipt r
  join audit_private.job_run j on j.run_id = r.run_id
  join audit_private.tenant t on t.tenant_id = r.tenant_id
  where tenant is null or r.tenant_id = tenant
  order by j.started_at desc, t.name, t.tenant_id
  limit least(greatest(list_purges.up_to, 1), 10000);
  perform audit_private.release_tenant();
end
$$;

ALTER FUNCTION audit.list_purges(up_to integer, tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.list_purges(up_to integer, tenant_id uuid) IS 'receipts of purges, newest first: what each run set out to remove of a tenant, removed and kept, by which policy, and who ran it; of every tenant for audit_operator and audit_auditor, of their own for audit_admin and audit_privacy';

CREATE TABLE audit_private.retention_policy (
    tenant_id uuid NOT NULL,
    takes_effect_at timestamp with time zone NOT NULL,
    days integer,
    is_exact boolean NOT NULL,
    reason text NOT NULL,
    set_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    set_by text NOT NULL,
    CONSTRAINT retention_policy_days_check CHECK (((days >= 1) AND (days <= 2555)))
);

ALTER TABLE ONLY audit_private.retention_policy FORCE ROW LEVEL SECURITY;

ALTER TABLE audit_private.retention_policy OWNER TO audit_owner;

COMMENT ON TABLE audit_private.retention_policy IS 'policies of each tenant; the latest that has taken effect is in force, and 365 days where there is none';

COMMENT ON COLUMN audit_private.retention_policy.tenant_id IS 'the tenant';

COMMENT ON COLUMN audit_private.retention_policy.takes_effect_at IS 'a policy that shortens waits until then';

COMMENT ON COLUMN audit_private.retention_policy.days IS 'events older than this go; null keeps them for ever';

COMMENT ON COLUMN audit_private.retention_policy.is_exact IS 'removed the night after they expire, instead of with their partition';

COMMENT ON COLUMN audit_private.retention_policy.reason IS 'why it was set';

COMMENT ON COLUMN audit_private.retention_policy.set_at IS 'when';

COMMENT ON COLUMN audit_private.retention_policy.set_by IS 'login and SET ROLE role';

CREATE VIEW audit_private.days_row AS
 SELECT t.tenant_id,
    t.name,
    p.days,
    p.is_exact,
    p.takes_effect_at AS cutoff,
    p.set_at,
    p.set_by,
    p.reason,
    p.days AS next_days,
    p.is_exact AS next_is_exact,
    p.takes_effect_at AS next_takes_effect_at,
    p.set_by AS next_set_by,
    p.reason AS next_reason,
    NULL::jsonb AS floors,
    p.takes_effect_at AS next_purge_at
   FROM (audit_private.tenant t
     CROSS JOIN audit_private.retention_policy p)
  WHERE false;

ALTER TABLE audit_private.days_row OWNER TO audit_owner;

COMMENT ON VIEW audit_private.days_row IS 'row type of audit.list_retention; holds no rows';

CREATE FUNCTION audit.list_retention(tenant_id uuid DEFAULT NULL::uuid) RETURNS SETOF audit_private.days_row
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  tenant constant uuid := audit_private.listed_tenant(list_retention.tenant_id);
begin
  return query
  select t.tenant_id, t.name, p.days, p.is_exact, now() - p.days * interval '24 hours', s.set_at, s.set_by, s.reason,
    n.days, n.is_exact, n.takes_effect_at, n.set_by, n.reason,
    (select jsonb_object_agg(f.category, f.days) from audit_private.floors_in_force(now()) f),
    (select j.last_slot + j.every from audit_private.job_states() j where j.job_name = 'purge_events')
  from audit_private.tenant t
  join audit_private.policies_in_force(now()) p on p.tenant_id = t.tenant_id
  left join lateral (
    select r.set_at, r.set_by, r.reason
    from audit_private.retention_policy r
    where r.tenant_id = t.tenant_id and r.takes_effect_at <= now()
    order by r.takes_effect_at desc
    limit 1
  ) s on true
  left join audit_private.retention_policy n on n.tenant_id = t.tenant_id and n.takes_effect_at > now()
  where tenant is null or t.tenant_id = tenant
  order by t.name, t.tenant_id;
  perform audit_private.release_tenant();
end
$$;

ALTER FUNCTION audit.list_retention(tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.list_retention(tenant_id uuid) IS 'how long events are kept (days, cutoff; null for ever), the change that waits, the floors of categories in days and the next purge; of every tenant for audit_operator and audit_auditor, of their own for others';

CREATE VIEW audit_private.event_page AS
 SELECT e.tenant_id,
    e.occurred_at,
    e.id,
    e.recorded_at,
    e.sequence,
    e.transaction_id,
    e.source,
    e.category,
    e.action,
    e.entity_type,
    e.entity_id,
    e.actor_type,
    e.actor_id,
    e.actor,
    e.description,
    e.target,
    e.changes,
    e.metadata,
    e.outcome,
    e.error_message,
    e.ip,
    e.user_agent,
    e.request_id,
    e.recorded_by,
    NULL::text AS cursor
   FROM audit_private.readable_event e
  WHERE false;

ALTER TABLE audit_private.event_page OWNER TO audit_owner;

COMMENT ON VIEW audit_private.event_page IS 'row type of audit.search_events; holds no rows';

CREATE FUNCTION audit.list_row_history(relation regclass, entity_id bigint, page_size integer DEFAULT 100, after text DEFAULT NULL::text, tenant_id uuid DEFAULT NULL::uuid) RETURNS SETOF audit_private.event_page
    LANGUAGE sql
    AS $$
  select * from audit.list_row_history(relation, entity_id::text, page_size, after, tenant_id)
$$;

ALTER FUNCTION audit.list_row_history(relation regclass, entity_id bigint, page_size integer, after text, tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.list_row_history(relation regclass, entity_id bigint, page_size integer, after text, tenant_id uuid) IS 'the same for a key of an integer type';

CREATE FUNCTION audit.list_row_history(relation regclass, entity_id text, page_size integer DEFAULT 100, after text DEFAULT NULL::text, tenant_id uuid DEFAULT NULL::uuid) RETURNS SETOF audit_private.event_page
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select e.*
  from audit.search_events(
    filter => jsonb_build_object(
      'entity_type', audit_private.require_watched(list_row_history.relation),
      'entity_id', audit_private.captured_entity_id(list_row_history.entity_id),
      'source', 'captured'),
    page_size => list_row_history.page_size,
    after => list_row_history.after,
    tenant_id => list_row_history.tenant_id) e
$$;

ALTER FUNCTION audit.list_row_history(relation regclass, entity_id text, page_size integer, after text, tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.list_row_history(relation regclass, entity_id text, page_size integer, after text, tenant_id uuid) IS 'who changed a row when, and what, newest first, a page at a time as audit.search_events; the id of a composite key is the JSON array of its values as texts. Needs an open access session, and is logged. Raises WT091, and what audit.search_events raises.';

CREATE FUNCTION audit.list_row_history(relation regclass, entity_id uuid, page_size integer DEFAULT 100, after text DEFAULT NULL::text, tenant_id uuid DEFAULT NULL::uuid) RETURNS SETOF audit_private.event_page
    LANGUAGE sql
    AS $$
  select * from audit.list_row_history(relation, entity_id::text, page_size, after, tenant_id)
$$;

ALTER FUNCTION audit.list_row_history(relation regclass, entity_id uuid, page_size integer, after text, tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.list_row_history(relation regclass, entity_id uuid, page_size integer, after text, tenant_id uuid) IS 'the same for a key of type uuid';

CREATE VIEW audit_private.chain_row AS
 SELECT NULL::uuid AS tenant_id,
    NULL::text AS name,
    NULL::bigint AS seal_number,
    NULL::bigint AS log_index,
    NULL::integer AS epoch,
    NULL::timestamp with time zone AS sealed_at,
    NULL::bigint AS event_count,
    NULL::bigint AS running_count,
    NULL::timestamp with time zone AS first_at,
    NULL::timestamp with time zone AS last_at,
    NULL::text AS seal_hash
  WHERE false;

ALTER TABLE audit_private.chain_row OWNER TO audit_owner;

COMMENT ON VIEW audit_private.chain_row IS 'row type of audit.list_seals; holds no rows';

CREATE FUNCTION audit.list_seals(up_to integer DEFAULT 100, before_index bigint DEFAULT NULL::bigint, tenant_id uuid DEFAULT NULL::uuid) RETURNS SETOF audit_private.chain_row
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  tenant constant uuid := audit_private.listed_tenant(list_seals.tenant_id);
begin
  return query
  select s.tenant_id, t.name, s.seal_number, s.log_index, s.epoch, s.sealed_at, s.event_count, s.running_count, s.first_at,
    s.last_at, encode(s.seal_hash, 'hex')
  from audit_private.seal s
  join audit_private.tenant t on t.tenant_id = s.tenant_id
  where (tenant is null or s.tenant_id = tenant)
    and (list_seals.before_index is null or s.log_index < list_seals.before_index)
  order by s.log_index desc
  limit least(greatest(list_seals.up_to, 1), 10000);
  perform audit_private.release_tenant();
end
$$;

ALTER FUNCTION audit.list_seals(up_to integer, before_index bigint, tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.list_seals(up_to integer, before_index bigint, tenant_id uuid) IS 'seals, newest first; before_index => the log_index of the last row reads on; of every tenant for audit_operator and audit_auditor, of their own for audit_admin';

CREATE FUNCTION audit.list_spool() RETURNS TABLE(entity_type text, operation text, spooled_at timestamp with time zone, spooled_by text, events bigint, error text)
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select s.entity_type, substr(s.action, length(s.entity_type) + 2), s.spooled_at, s.recorded_by, count(*), s.error
  from audit_private.capture_spool s
  group by s.entity_type, s.action, s.spooled_at, s.recorded_by, s.error
  order by min(s.spool_id)
$$;

ALTER FUNCTION audit.list_spool() OWNER TO audit_owner;

COMMENT ON FUNCTION audit.list_spool() IS 'changes that could not be logged when they were made, one row a statement, without what they hold; for audit_operator and audit_auditor';

CREATE FUNCTION audit.list_tenants() RETURNS TABLE(tenant_id uuid, name text, registered_at timestamp with time zone, retired_at timestamp with time zone, is_logging_enabled boolean)
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL RESTRICTED
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select t.tenant_id, t.name, t.registered_at, t.retired_at, t.is_logging_enabled
  from audit_private.tenant t
  where t.tenant_id <> '00000000-0000-0000-0000-000000000000'
  order by t.name, t.tenant_id
$$;

ALTER FUNCTION audit.list_tenants() OWNER TO audit_owner;

COMMENT ON FUNCTION audit.list_tenants() IS 'every tenant; for audit_operator and audit_auditor';

CREATE FUNCTION audit.list_toggles(tenant_id uuid DEFAULT NULL::uuid) RETURNS TABLE(category text, category_titles jsonb, category_descriptions jsonb, category_enabled boolean, category_logged integer, category_total integer, action text, action_titles jsonb, action_descriptions jsonb, is_mandatory boolean, override boolean, is_logged boolean, logging_enabled boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  tenant constant uuid := audit_private.require_tenant(list_toggles.tenant_id);
begin
  return query
  select c.category, c.titles, c.descriptions,
    coalesce(g.is_enabled, true),
    (count(*) filter (where coalesce(d.is_logged, false)) over (partition by c.category))::integer,
    (count(*) over (partition by c.category))::integer,
    a.action, a.titles, a.descriptions, c.is_mandatory, o.is_enabled,
    coalesce(d.is_logged, false), t.is_logging_enabled
  from audit_private.tenant t
  cross join audit_private.action a
  join audit_private.category c on c.category = a.category
  left join audit_private.category_toggle g on g.tenant_id = t.tenant_id and g.category = c.category
  left join audit_private.action_toggle o on o.tenant_id = t.tenant_id and o.action = a.action
  left join audit_private.logging_decision d on d.tenant_id = t.tenant_id and d.action = a.action
  where t.tenant_id = tenant and a.retired_at is null
  order by c.is_mandatory, c.category, a.action;
  perform audit_private.release_tenant();
end
$$;

ALTER FUNCTION audit.list_toggles(tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.list_toggles(tenant_id uuid) IS 'a row an action: its texts, override and whether it is logged now, with its category''s state and counts; for audit_admin, audit_reader and audit_auditor';

CREATE FUNCTION audit.list_upkeep() RETURNS TABLE(partition_name text, statement text)
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select u.name, u.statement
  from (
    select 1 as part, p.from_time, s.place, p.partition_name as name, s.statement
    from (
      select e.*, c.oid, e.until_time <= now() - interval '24 hours' as is_cold,
        c.relallvisible < pg_relation_size(c.oid) / current_setting('block_size')::integer as is_unfrozen,
        exists (
          select
          from audit_private.erased_event x
          where x.occurred_at >= e.from_time
            and x.occurred_at < e.until_time
            and x.erased_at > audit_private.last_vacuumed_at(c.oid)
        ) as is_erased
      from audit_private.event_partitions() e
      join pg_class c on c.relnamespace = 'audit_private'::regnamespace and c.relname = e.partition_name
    ) p
    cross join lateral (
      select i.statement, 1 as place
      from audit_private.partition_index_statements(p.partition_name, true) with ordinality as i (statement, place)
      where p.is_cold
      union all
      select format('vacuum (%sanalyze) audit_private.%I', case when p.is_cold then 'freeze, ' end, p.partition_name), 2
      where p.is_cold and p.is_unfrozen or p.is_erased
    ) s
    where p.is_erased or p.is_cold and not audit_private.is_partition_empty(p.partition_name)
    union all
    select 2, null, 1, c.relname, format('vacuum (analyze) audit_private.%I', c.relname)
    from pg_class c
    where c.relnamespace = 'audit_private'::regnamespace
      and c.relname in (
        'access_session', 'capture_spool', 'data_purge_receipt', 'epoch', 'erasure', 'export', 'export_chunk',
        'idempotency_key', 'job_run', 'legal_hold', 'purge_receipt', 'retention_floor', 'retention_policy', 'service_grant')
      and exists (
        select from audit_private.erasure x where x.requested_at > audit_private.last_vacuumed_at(c.oid)
      )
  ) u
  order by u.part, u.from_time desc, u.place, u.name
$$;

ALTER FUNCTION audit.list_upkeep() OWNER TO audit_owner;

COMMENT ON FUNCTION audit.list_upkeep() IS 'statements that close partitions without holding anybody back, and that rid tables of what was erased: each alone, in order, by a login that may set role audit_owner; pgwitness jobs run executes them; for audit_operator';

CREATE FUNCTION audit.list_watched() RETURNS TABLE(relation text, entity_type text, tenant_column text, label_column text, key_columns text[], columns text[], redact_columns text[], ignore_columns text[], level text, on_error text, keep_deleted_values boolean, watched_at timestamp with time zone, watched_by text, state text, problem text, hint text)
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET quote_all_identifiers TO 'off'
    AS $$
  select coalesce(r.relation::text, format('%I.%I', w.schema_name, w.table_name)), w.entity_type, w.tenant_column,
    w.label_column, audit_private.key_columns(r.relation), w.allowed_columns, w.redact_columns, w.ignore_columns, w.level,
    w.on_error, w.keep_deleted_values, w.watched_at, w.watched_by, coalesce(p.state, 'ok'), p.problem, p.hint
  from audit_private.watched_table w
  cross join lateral (select audit_private.watched_relation(w.entity_type) as relation) r
  left join (
    select c.entity_type, min(c.state) as state, string_agg(c.problem, E'\n' order by c.state, c.problem) as problem,
      string_agg(c.hint, E'\n' order by c.state, c.problem) as hint
    from audit_private.capture_problems() c
    group by c.entity_type
  ) p on p.entity_type = w.entity_type
  where w.unwatched_at is null
  order by w.entity_type
$$;

ALTER FUNCTION audit.list_watched() OWNER TO audit_owner;

COMMENT ON FUNCTION audit.list_watched() IS 'the tables that are watched, how, and whether their changes are captured whole (state ok, warning or error, with what mends it); for audit_operator and audit_auditor';

CREATE FUNCTION audit.log_event(action text, entity_type text, entity_id bigint, description text DEFAULT NULL::text, metadata jsonb DEFAULT NULL::jsonb, target jsonb DEFAULT NULL::jsonb, changes jsonb DEFAULT NULL::jsonb, outcome text DEFAULT 'success'::text, error_message text DEFAULT NULL::text, occurred_at timestamp with time zone DEFAULT NULL::timestamp with time zone, idempotency_key text DEFAULT NULL::text, actor_id text DEFAULT NULL::text, actor_type text DEFAULT NULL::text, actor jsonb DEFAULT NULL::jsonb, tenant_id uuid DEFAULT NULL::uuid) RETURNS uuid
    LANGUAGE sql
    AS $$
  select audit.log_event(
    action, entity_type, entity_id::text, description, metadata, target, changes, outcome, error_message,
    occurred_at, idempotency_key, actor_id, actor_type, actor, tenant_id)
$$;

ALTER FUNCTION audit.log_event(action text, entity_type text, entity_id bigint, description text, metadata jsonb, target jsonb, changes jsonb, outcome text, error_message text, occurred_at timestamp with time zone, idempotency_key text, actor_id text, actor_type text, actor jsonb, tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.log_event(action text, entity_type text, entity_id bigint, description text, metadata jsonb, target jsonb, changes jsonb, outcome text, error_message text, occurred_at timestamp with time zone, idempotency_key text, actor_id text, actor_type text, actor jsonb, tenant_id uuid) IS 'the same for an entity_id of an integer type; for audit_app';

CREATE FUNCTION audit.log_event(action text, entity_type text, entity_id text DEFAULT NULL::text, description text DEFAULT NULL::text, metadata jsonb DEFAULT NULL::jsonb, target jsonb DEFAULT NULL::jsonb, changes jsonb DEFAULT NULL::jsonb, outcome text DEFAULT 'success'::text, error_message text DEFAULT NULL::text, occurred_at timestamp with time zone DEFAULT NULL::timestamp with time zone, idempotency_key text DEFAULT NULL::text, actor_id text DEFAULT NULL::text, actor_type text DEFAULT NULL::text, actor jsonb DEFAULT NULL::jsonb, tenant_id uuid DEFAULT NULL::uuid) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  set_role constant text := current_setting('role');
  recorded constant timestamptz := clock_timestamp();
  acting_id text := actor_id;
  acting_type text;
  acting jsonb;
  tenant uuid;
  transaction_number bigint;
  place bigint;
  recorder text;
  event_id uuid;
begin
  if acting_id is null then
    acting_id := nullif(current_setting('pgwitness.actor_id', true), '');
    acting_type := nullif(current_setting('pgwitness.actor_type', true), '');
    acting := nullif(current_setting('pgwitness.actor', true), '')::jsonb;
    if (acting_id is not null or acting_type is not null or acting is not null)
      and not pg_has_role(audit_private.effective_role(), 'audit_app', 'usage')
    then
      acting_id := null;
      acting_type := null;
      acting := null;
    end if;
  end if;
  acting_type := coalesce(
    actor_type, acting_type, case when acting_id is null and acting is null then 'database_role' else 'user' end);
  acting := coalesce(actor, acting);
  if acting_id is null and acting_type = 'database_role' then
    acting_id := audit_private.effective_role();
  end if;

  select d.tenant_id, b.transaction_offset + txid_current(),
    nextval('audit_private.event_sequence'), b.recorder
  into tenant, transaction_number, place, recorder
  from audit_private.role_binding b
  join audit_private.logging_decision d
    on d.tenant_id = coalesce(
      log_event.tenant_id, nullif(current_setting('pgwitness.tenant_id', true), '')::uuid, b.only_tenant_id)
    and d.action = log_event.action
  where b.role_name = case set_role when 'none' then session_user else set_role::name end
    and (b.is_service or d.tenant_id = any (b.tenant_ids))
    and log_event.entity_type = any (b.entity_types)
    and recorded < b.events_until
    and d.is_logged
    and not d.is_mandatory
    and octet_length(concat(log_event.description, acting, log_event.target, log_event.changes, log_event.metadata))
      <= d.payload_limit
    and btrim(log_event.description) <> ''
    and log_event.outcome = 'success'
    and log_event.error_message is null
    and log_event.occurred_at is null
    and log_event.idempotency_key is null
    and octet_length(concat(acting_id, log_event.entity_id)) <= 500
    and acting_id <> '' is not false
    and acting_type in ('user', 'system', 'api_key', 'database_role')
    and (acting is null or jsonb_typeof(acting) = 'object')
    and (log_event.target is null or jsonb_typeof(log_event.target) in ('object', 'array'))
    and (log_event.changes is null or jsonb_typeof(log_event.changes) = 'object');
  if not found then
    return audit_private.log_event_carefully(
      action, entity_type, entity_id, description, metadata, target, changes, outcome, error_message,
      occurred_at, idempotency_key, acting_id, acting_type, acting, tenant_id);
  end if;
  if set_role <> 'none' then
    recorder := audit_private.recorded_by();
  end if;

  event_id := audit_private.new_event_id(recorded, place);
  insert into audit_private.event (
    tenant_id, occurred_at, id, recorded_at, sequence, transaction_id, salt, source, action, entity_type,
    actor_type, outcome, recorded_by, actor_id, entity_id, description, actor, target, changes, metadata,
    ip, user_agent, request_id
  )
  values (
    tenant, recorded, event_id, recorded, place, transaction_number, gen_random_uuid(), 'logged', action,
    entity_type, acting_type, 'success', recorder, acting_id, entity_id, description, acting, target, changes,
    metadata,
    nullif(current_setting('pgwitness.ip', true), '')::inet,
    left(nullif(current_setting('pgwitness.user_agent', true), ''), 1000),
    left(nullif(current_setting('pgwitness.request_id', true), ''), 500)
  );
  return event_id;
end
$$;

ALTER FUNCTION audit.log_event(action text, entity_type text, entity_id text, description text, metadata jsonb, target jsonb, changes jsonb, outcome text, error_message text, occurred_at timestamp with time zone, idempotency_key text, actor_id text, actor_type text, actor jsonb, tenant_id uuid) OWNER TO audit_writer;

COMMENT ON FUNCTION audit.log_event(action text, entity_type text, entity_id text, description text, metadata jsonb, target jsonb, changes jsonb, outcome text, error_message text, occurred_at timestamp with time zone, idempotency_key text, actor_id text, actor_type text, actor jsonb, tenant_id uuid) IS 'logs an event in the caller''s transaction; returns its id, or null when a toggle silences it; for audit_app';

CREATE FUNCTION audit.log_event(action text, entity_type text, entity_id uuid, description text DEFAULT NULL::text, metadata jsonb DEFAULT NULL::jsonb, target jsonb DEFAULT NULL::jsonb, changes jsonb DEFAULT NULL::jsonb, outcome text DEFAULT 'success'::text, error_message text DEFAULT NULL::text, occurred_at timestamp with time zone DEFAULT NULL::timestamp with time zone, idempotency_key text DEFAULT NULL::text, actor_id text DEFAULT NULL::text, actor_type text DEFAULT NULL::text, actor jsonb DEFAULT NULL::jsonb, tenant_id uuid DEFAULT NULL::uuid) RETURNS uuid
    LANGUAGE sql
    AS $$
  select audit.log_event(
    action, entity_type, entity_id::text, description, metadata, target, changes, outcome, error_message,
    occurred_at, idempotency_key, actor_id, actor_type, actor, tenant_id)
$$;

ALTER FUNCTION audit.log_event(action text, entity_type text, entity_id uuid, description text, metadata jsonb, target jsonb, changes jsonb, outcome text, error_message text, occurred_at timestamp with time zone, idempotency_key text, actor_id text, actor_type text, actor jsonb, tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.log_event(action text, entity_type text, entity_id uuid, description text, metadata jsonb, target jsonb, changes jsonb, outcome text, error_message text, occurred_at timestamp with time zone, idempotency_key text, actor_id text, actor_type text, actor jsonb, tenant_id uuid) IS 'the same for an entity_id of type uuid; for audit_app';

CREATE FUNCTION audit.log_events(events jsonb, tenant_id uuid DEFAULT NULL::uuid, OUT logged integer, OUT muted integer) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  tenant constant uuid := audit_private.require_tenant(log_events.tenant_id);
  known_keys constant text[] := '{action,entity_type,entity_id,description,metadata,target,changes,outcome,'
    'error_message,occurred_at,idempotency_key,actor_id,actor_type,actor}';
  given constant integer := audit_private.check_batch(log_events.events, known_keys);
  failed_message text;
begin
  if jsonb_path_exists(log_events.events, '$[*].idempotency_key')
    or exists (select from audit_private.logging_decision d where d.tenant_id = tenant and d.is_cut)
  then
    logged := audit_private.store_one_by_one(tenant, log_events.events);
  else
    logged := audit_private.store_batch(tenant, log_events.events);
  end if;
  muted := given - logged;
  perform audit_private.release_tenant();
exception when data_exception then
  get stacked diagnostics failed_message = message_text;
  raise exception using
    errcode = 'WT013',
    message = format('event %s is not valid: %s',
      coalesce(audit_private.faulty_event(log_events.events)::text, 'of unknown index'), failed_message),
    detail = 'A value has the wrong type.',
    hint = 'Nothing was logged. Times are ISO 8601 text, snapshots and metadata JSON objects.';
end
$_$;

ALTER FUNCTION audit.log_events(events jsonb, tenant_id uuid, OUT logged integer, OUT muted integer) OWNER TO audit_writer;

COMMENT ON FUNCTION audit.log_events(events jsonb, tenant_id uuid, OUT logged integer, OUT muted integer) IS 'logs an array of events, all or none; returns how many were stored and how many toggles silenced; for audit_app';

CREATE FUNCTION audit.log_spool(at_most integer DEFAULT 1000, OUT logged bigint, OUT remaining bigint) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  with ready as (
    select s.spool_id, array_agg(d.tenant_id) filter (where d.is_logged) as tenant_ids
    from audit_private.capture_spool s
    join audit_private.logging_decision d
      on d.action = s.action
      and (d.tenant_id = s.tenant_id
        or s.tenant_id is null and s.action = audit_private.capture_action(s.entity_type, 'TRUNCATE'))
    where exists (
      select from audit_private.event_partitions() p where s.spooled_at >= p.from_time and s.spooled_at < p.until_time
    )
    group by s.spool_id
    order by s.spool_id
    limit log_spool.at_most
  ),
  taken as (
    delete from audit_private.capture_spool s
    using ready r
    where s.spool_id = r.spool_id
    returning s.*, r.tenant_ids
  ),
  stored as (
    insert into audit_private.event (
      tenant_id, occurred_at, id, recorded_at, sequence, transaction_id, salt, source, action, entity_type, actor_type,
      outcome, recorded_by, actor_id, entity_id, description, actor, changes, target, metadata
    )
    select t.owner_id, t.spooled_at,
      audit_private.new_event_id(t.spooled_at, nextval('audit_private.event_sequence')), clock_timestamp(),
      currval('audit_private.event_sequence'), i.transaction_offset + txid_current(), gen_random_uuid(), 'captured',
      t.action, t.entity_type, coalesce(t.actor_type, 'database_role'), 'success', t.recorded_by, t.actor_id, t.entity_id,
      coalesce(t.description, 'A change that could not be read when it was made'), t.actor, t.changes, t.target,
      coalesce(t.metadata, '{}') || jsonb_build_object('spooled', t.error)
    from (select o.*, owner_id from taken o cross join unnest(o.tenant_ids) as owner_id order by o.spool_id) t
    cross join audit_private.instance i
  )
  select count(*) filter (where t.tenant_ids is not null) into logged from taken t;
  select count(*) into remaining from audit_private.capture_spool s;
  if logged > 0 then
    perform audit_private.write_system_event(
      tenant_id => '00000000-0000-0000-0000-000000000000',
      action => 'spool_logged',
      entity_type => 'audit_watch',
      entity_id => null,
      description => format('%s spooled changes logged', logged),
      metadata => jsonb_build_object('logged', logged, 'remaining', remaining));
  end if;
end
$$;

ALTER FUNCTION audit.log_spool(at_most integer, OUT logged bigint, OUT remaining bigint) OWNER TO audit_writer;

COMMENT ON FUNCTION audit.log_spool(at_most integer, OUT logged bigint, OUT remaining bigint) IS 'logs spooled changes, as many as can be logged by now; returns how many were and how many remain; for audit_operator';

CREATE PROCEDURE audit.maintain_partitions()
    LANGUAGE plpgsql
    AS $$
declare
  run constant pg_catalog.uuid := audit_private.begin_run('maintain_partitions', pg_catalog.pg_backend_pid());
  added integer := 0;
  closed pg_catalog.text[] := '{}';
  closing pg_catalog.text;
  dropped integer := 0;
begin
  commit;
  if run is null then
    return;
  end if;
  while audit_private.add_next_partition() is not null loop
    added := added operator(pg_catalog.+) 1;
    commit;
  end loop;
  loop
    closing := audit_private.close_next_partition(closed);
    perform audit_private.note_step(run);
    commit;
    exit when closing is null;
    closed := closed operator(pg_catalog.||) closing;
  end loop;
  while audit_private.drop_empty_partition() is not null loop
    dropped := dropped operator(pg_catalog.+) 1;
    commit;
  end loop;
  while audit_private.forget_idempotency_keys(at_most => 10000) operator(pg_catalog.=) 10000 loop
    commit;
  end loop;
  perform audit_private.forget_runs();
  perform audit_private.finish_run(run, 'succeeded', pg_catalog.format(
    '%s partitions made ahead, %s closed, %s dropped', added, pg_catalog.cardinality(closed), dropped));
  commit;
end
$$;

ALTER PROCEDURE audit.maintain_partitions() OWNER TO audit_owner;

COMMENT ON PROCEDURE audit.maintain_partitions() IS 'makes partitions as far ahead as the option partitions_ahead_weeks says, closes those that are no longer written to, drops empty ones, and forgets idempotency keys older than a day and runs of jobs that nobody asks for any more; for audit_operator';

CREATE FUNCTION audit.note_export(export_id uuid, rows bigint DEFAULT NULL::bigint, bytes bigint DEFAULT NULL::bigint, tenant_id uuid DEFAULT NULL::uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  tenant uuid;
  noted audit_private.export;
  goes_on boolean;
begin
  perform audit_private.require_writable();
  tenant := audit_private.require_tenant(note_export.tenant_id);
  noted := audit_private.find_export(tenant, note_export.export_id);
  update audit_private.export x
  set rows = coalesce(note_export.rows, x.rows), bytes = coalesce(note_export.bytes, x.bytes), noted_at = clock_timestamp()
  where x.export_id = noted.export_id
    and x.tenant_id = tenant
    and x.state = 'running'
    and x.process_id is not null;
  goes_on := audit_private.export_state(noted) = 'running';
  perform audit_private.release_tenant();
  return goes_on;
end
$$;

ALTER FUNCTION audit.note_export(export_id uuid, rows bigint, bytes bigint, tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.note_export(export_id uuid, rows bigint, bytes bigint, tenant_id uuid) IS 'Tells how far a worker is with an export that it took with audit.take_export. False when it is to stop, since the export was cancelled. Raises WT036, WT121 and WT122.';

CREATE FUNCTION audit.open_access(access_reason text, justification text, tenant_id uuid DEFAULT NULL::uuid) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  openings_allowed constant integer := 5;
  tenant uuid;
  reader record;
  words text;
  login constant text := audit_private.quoted_role(session_user);
  is_service boolean;
  fifth timestamptz;
  opened uuid := gen_random_uuid();
begin
  perform audit_private.require_writable();
  perform audit_private.require_read_committed();
  tenant := audit_private.require_tenant(open_access.tenant_id);
  words := audit_private.check_reason(open_access.justification);
  if not exists (
    select from audit_private.access_reason r where r.access_reason = open_access.access_reason
  ) then
    raise exception using
      errcode = 'WT034',
      message = format('access reason %L is not in the catalogue', open_access.access_reason),
      detail = 'Known reasons: ' || coalesce(
        (select string_agg(r.access_reason, ', ' order by r.access_reason) from audit_private.access_reason r),
        'none'),
      hint = 'An operator adds one with audit.define_access_reason(access_reason => …, titles => …).';
  end if;

  select * into reader from audit_private.current_reader();
  is_service := audit_private.is_service_role();
  perform pg_advisory_xact_lock(hashtextextended(
    format('pgwitness open_access %s %s', tenant,
      case when is_service then format('actor %s %s', reader.actor_type, reader.actor_id)
        else 'login ' || login end),
    0));
  select s.opened_at into fifth
  from audit_private.access_session s
  where s.tenant_id = tenant
    and s.opened_at > clock_timestamp() - interval '1 hour'
    and case
      when is_service then s.actor_id = reader.actor_id and s.actor_type = reader.actor_type
      else starts_with(s.recorded_by || '/', login || '/')
    end
  order by s.opened_at desc
  offset openings_allowed - 1
  limit 1;
  if found then
    raise exception using
      errcode = 'WT033',
      message = format('%s access sessions were opened within the last hour, and no more are allowed', openings_allowed),
      detail = format('The next may be opened at %s.', fifth + interval '1 hour'),
      hint = 'A session that is still open can be used on: see audit.list_access().';
  end if;

  insert into audit_private.access_session (
    tenant_id, access_id, access_reason, justification, actor_id, actor_type, recorded_by
  )
  values (
    tenant, opened, open_access.access_reason, words, reader.actor_id, reader.actor_type,
    audit_private.recorded_by()
  );
  perform audit_private.write_system_event(
    tenant_id => tenant,
    action => 'audit_session_created',
    entity_type => 'audit_session',
    entity_id => opened::text,
    description => 'Opened access to the log: ' || open_access.access_reason,
    metadata => jsonb_build_object(
      'access_id', opened,
      'access_reason', open_access.access_reason,
      'justification', words
    )
  );
  perform audit_private.release_tenant();
  return opened;
end
$$;

ALTER FUNCTION audit.open_access(access_reason text, justification text, tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.open_access(access_reason text, justification text, tenant_id uuid) IS 'Opens a justified access session and returns its id; it counts once this transaction has committed. It ends an hour after its last use, 8 hours after its opening. Raises WT021, WT033, WT034 and WT036.';

CREATE FUNCTION audit.place_hold(name text, filter jsonb, reason text, tenant_id uuid DEFAULT NULL::uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  tenant constant uuid := audit_private.require_tenant(place_hold.tenant_id);
  checked_reason constant text := audit_private.check_reason(place_hold.reason);
  given_name constant text := btrim(place_hold.name);
  payload_keys text;
  standing jsonb;
begin
  perform audit_private.require_read_committed();
  perform from audit_private.tenant t where t.tenant_id = tenant for no key update;
  perform audit_private.pass_gate();
  perform audit_private.filter_condition(place_hold.filter);
  select string_agg(quote_ident(k.key), ', ' order by k.key) into payload_keys
  from jsonb_object_keys(place_hold.filter) as k (key)
  where k.key <> all (
    '{action,category,entity_type,entity_id,actor_id,actor_type,outcome,source,id,from,to}'::text[]);
  select h.filter into standing
  from audit_private.legal_hold h
  where h.tenant_id = tenant and h.name = given_name and h.released_at is null;
  if length(given_name) between 1 and 200 is not true or payload_keys is not null or standing <> place_hold.filter then
    raise exception using
      errcode = 'WT111',
      message = format('hold %s can''t be placed', coalesce(quote_literal(given_name), 'null')),
      detail = case
        when payload_keys is not null then 'A hold can''t be decided by: ' || payload_keys
        when standing is not null then format('A hold of this name stands, with the filter %s.', standing)
        else 'A name has 1 to 200 characters.'
      end,
      hint = case
        when payload_keys is not null then 'Use action, category, entity_type, entity_id, actor_id, actor_type, outcome, '
          'source, id, from and to; events found otherwise are held by their ids.'
        else 'Choose another name, or release that hold first: select audit.release_hold(name => …, reason => …);'
      end;
  end if;
  if standing is not null then
    perform audit_private.release_tenant();
    return false;
  end if;

  insert into audit_private.legal_hold (
    tenant_id, name, filter, sources, categories, actions, entity_types, actor_types, outcomes, actor_ids, entity_ids, ids,
    from_time, until_time, reason, placed_by
  )
  select tenant, given_name, f.filter,
    audit_private.filter_values(f.filter, 'source', false),
    audit_private.filter_values(f.filter, 'category', false),
    audit_private.filter_values(f.filter, 'action', false),
    audit_private.filter_values(f.filter, 'entity_type', false),
    audit_private.filter_values(f.filter, 'actor_type', false),
    audit_private.filter_values(f.filter, 'outcome', false),
    audit_private.filter_values(f.filter, 'actor_id', true),
    audit_private.filter_values(f.filter, 'entity_id', true),
    audit_private.filter_values(f.filter, 'id', false)::uuid[],
    coalesce(audit_private.filter_time(f.filter, 'from'), '-infinity'),
    coalesce(audit_private.filter_time(f.filter, 'to'), 'infinity'),
    checked_reason, audit_private.recorded_by()
  from (select place_hold.filter) f;
  perform audit_private.write_system_event(
    tenant_id => tenant,
    action => 'hold_placed',
    entity_type => 'audit_hold',
    entity_id => given_name,
    description => format('Legal hold %s placed', given_name),
    metadata => jsonb_build_object('reason', checked_reason, 'filter', place_hold.filter));
  perform audit_private.release_tenant();
  return true;
end
$$;

ALTER FUNCTION audit.place_hold(name text, filter jsonb, reason text, tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.place_hold(name text, filter jsonb, reason text, tenant_id uuid) IS 'keeps the events that a filter finds, also those to come, from every purge and erasure; true when that changed anything; for audit_admin; raises WT021, WT040 and WT111';

CREATE FUNCTION audit.preview_data_purge(relation regclass) RETURNS TABLE(tenant_id uuid, level text, days integer, rows bigint, due bigint, waiting bigint, kept_by_hold bigint, invalid bigint, oldest_at timestamp with time zone)
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  summary jsonb;
begin
  execute audit_private.data_review_statement(relation) into summary;
  return query
  select s.tenant_id, s.level, s.days, s.rows, s.due, s.waiting, s.kept_by_hold, s.invalid, s.oldest_at
  from jsonb_to_recordset(summary) as s (tenant_id uuid, level text, days integer, rows bigint, due bigint,
    waiting bigint, kept_by_hold bigint, invalid bigint, oldest_at timestamptz);
end
$$;

ALTER FUNCTION audit.preview_data_purge(relation regclass) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.preview_data_purge(relation regclass) IS 'what purge_data would remove now, by tenant, level and days (level null: nothing is set, so it is kept), and what waits, is held or kept for a value that makes no sense; arming approves it; for audit_operator; raises WT112';

CREATE VIEW audit_private.preview_row AS
 SELECT t.tenant_id,
    t.name,
    r.days,
    r.is_exact,
    r.cutoff,
    r.predicted AS due,
    r.oldest_removed_at AS oldest_at,
    r.newest_removed_at AS newest_at,
    r.kept_by_floor,
    r.kept_by_hold,
    r.removed AS waiting_for_partition
   FROM (audit_private.tenant t
     CROSS JOIN audit_private.purge_receipt r)
  WHERE false;

ALTER TABLE audit_private.preview_row OWNER TO audit_owner;

COMMENT ON VIEW audit_private.preview_row IS 'row type of audit.preview_purge; holds no rows';

CREATE FUNCTION audit.preview_purge(tenant_id uuid DEFAULT NULL::uuid) RETURNS SETOF audit_private.preview_row
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    AS $$
declare
  tenant constant uuid := audit_private.listed_tenant(preview_purge.tenant_id);
begin
  return query
  with counted as materialized (
    select c.tenant_id,
      sum(c.due) filter (where not x.as_exact) as due,
      min(c.oldest_at) filter (where not x.as_exact and c.due > 0) as oldest_at,
      max(c.newest_at) filter (where not x.as_exact and c.due > 0) as newest_at,
      sum(c.kept_by_floor) filter (where not x.as_exact) as kept_by_floor,
      sum(c.kept_by_hold) filter (where not x.as_exact) as kept_by_hold,
      sum(c.due) filter (where x.as_exact) as expired
    from audit_private.expired_partitions(now()) p
    cross join (values (false), (true)) as x (as_exact)
    cross join lateral audit_private.count_due(
      p.partition_name, p.until_time, now(), case when tenant is not null then array[tenant] end, x.as_exact,
      includes_unsealed => true) c
    group by c.tenant_id
  )
  select t.tenant_id, t.name, p.days, p.is_exact, now() - p.days * interval '24 hours', coalesce(c.due, 0)::bigint,
    c.oldest_at, c.newest_at, coalesce(c.kept_by_floor, 0)::bigint, coalesce(c.kept_by_hold, 0)::bigint,
    (coalesce(c.expired, 0) - coalesce(c.due, 0))::bigint
  from audit_private.tenant t
  join audit_private.policies_in_force(now()) p on p.tenant_id = t.tenant_id
  left join counted c on c.tenant_id = t.tenant_id
  where tenant is null or t.tenant_id = tenant
  order by t.name, t.tenant_id;
  perform audit_private.release_tenant();
end
$$;

ALTER FUNCTION audit.preview_purge(tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.preview_purge(tenant_id uuid) IS 'what a purge would remove now, tenant by tenant: how many events are due, between which times, what floors and holds keep, and what has expired but goes later, with its partition; of every tenant for audit_operator and audit_auditor, of their own for audit_admin';

CREATE FUNCTION audit.prove_consistency(old_size bigint, new_size bigint) RETURNS text[]
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if prove_consistency.old_size between 0 and prove_consistency.new_size is not true
    or prove_consistency.new_size > (select s.log_size from audit_private.sealing s)
  then
    raise exception using
      errcode = 'WT132',
      message = format('the log can''t be proven from %s to %s seals', prove_consistency.old_size, prove_consistency.new_size),
      detail = format('It has %s.', (select s.log_size from audit_private.sealing s)),
      hint = 'Take both sizes from checkpoints of this log, the older first.';
  end if;
  return array(
    select encode(p.hash, 'hex')
    from unnest(audit_private.log_consistency(prove_consistency.old_size, prove_consistency.new_size))
      with ordinality as p (hash, place)
    order by p.place
  );
end
$$;

ALTER FUNCTION audit.prove_consistency(old_size bigint, new_size bigint) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.prove_consistency(old_size bigint, new_size bigint) IS 'Proof that the log of one size is a beginning of the log of a later size (RFC 6962, 2.1.2), in hexadecimal. Raises WT132. For audit_operator, audit_auditor and whoever may read events.';

CREATE FUNCTION audit.prove_event(event_id uuid, tenant_id uuid DEFAULT NULL::uuid) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  found record;
begin
  select p.* into found
  from audit.prove_events(array[prove_event.event_id], tenant_id => prove_event.tenant_id) p;
  if found.event_id is null or found.proof is null then
    raise exception using
      errcode = case when found.event_id is null then 'WT044' else 'WT132' end,
      message = case when found.event_id is null then format('there is no event %s', coalesce(prove_event.event_id::text, 'null'))
        else format('event %s can''t be proven', found.event_id) end,
      detail = case when found.event_id is null then 'The tenant has no event of this id.'
        else 'No seal lists it.' end,
      hint = case when found.event_id is null then 'Events are found with audit.search_events.'
        else 'call audit.seal_events(); then, if it still is in none: select * from audit.verify_events();' end;
  end if;
  return found.proof;
end
$$;

ALTER FUNCTION audit.prove_event(event_id uuid, tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.prove_event(event_id uuid, tenant_id uuid) IS 'What proves an event: its envelope, its groups, its seal and the way from there to the root of the log, as FORMAT.md lays down. Needs an open access session, and is logged. Raises WT044 and WT132.';

CREATE FUNCTION audit.prove_events(event_ids uuid[], tree_size bigint DEFAULT NULL::bigint, tenant_id uuid DEFAULT NULL::uuid) RETURNS TABLE(event_id uuid, proof jsonb)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    AS $_$
declare
  tenant uuid;
  session audit_private.access_session;
  log_size bigint;
  times timestamptz[];
  found bigint;
begin
  tenant := audit_private.require_tenant(prove_events.tenant_id);
  session := audit_private.require_access(tenant);
  select least(s.log_size, coalesce(prove_events.tree_size, s.log_size)) into log_size from audit_private.sealing s;
  if cardinality(prove_events.event_ids) between 1 and 1000 is not true
    or prove_events.tree_size <> log_size
    or log_size < 0
  then
    raise exception using
      errcode = 'WT132',
      message = 'these events can''t be proven',
      detail = format('%s ids were given, and a log of %s seals; it has %s.',
        coalesce(cardinality(prove_events.event_ids), 0), coalesce(prove_events.tree_size::text, 'any number of'),
        log_size),
      hint = 'Give 1 to 1000 ids at a time, and the size of a checkpoint or none.';
  end if;
  select array_agg(audit_private.event_time(i.id) order by i.place) into times
  from unnest(prove_events.event_ids) with ordinality as i (id, place);
  return query execute format(
    'select e.id,
      jsonb_build_object(''format'', ''pgwitness/proof/1'', ''envelope'', audit_private.event_envelope(e),
        ''groups'', audit_private.proof_groups(e))
      || audit_private.find_proof(e.tenant_id, e.occurred_at, e.id, $3)
    from unnest($1, $2) with ordinality as k (occurred_at, id, place)
    join audit_private.event e on e.tenant_id = %L::uuid and e.occurred_at = k.occurred_at and e.id = k.id
    where e.occurred_at between %L::timestamptz and %L::timestamptz
    order by k.place',
    tenant, (select min(t) from unnest(times) t), (select max(t) from unnest(times) t))
  using times, prove_events.event_ids, log_size;
  get diagnostics found = row_count;
  perform audit_private.record_read(
    session => session,
    route => 'proof',
    filter => jsonb_build_object('id', prove_events.event_ids),
    rows => found
  );
  perform audit_private.release_tenant();
end
$_$;

ALTER FUNCTION audit.prove_events(event_ids uuid[], tree_size bigint, tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.prove_events(event_ids uuid[], tree_size bigint, tenant_id uuid) IS 'What proves events of the tenant, 1 to 1000 at a time, in a log of a size, or in all of it: one object each, as FORMAT.md lays down; null for what is not sealed in it. Needs an open access session, and is logged. Raises WT030, WT031, WT032, WT035, WT036 and WT132.';

CREATE PROCEDURE audit.purge_data()
    LANGUAGE plpgsql
    AS $$
declare
  run_id constant pg_catalog.uuid := audit_private.begin_run('purge_data', pg_catalog.pg_backend_pid());
  statement pg_catalog.text;
begin
  commit;
  if run_id is null then
    return;
  end if;
  loop
    statement := audit_private.next_data_purge(run_id);
    exit when statement is null;
    commit;
    begin
      execute statement using run_id;
    exception when others then
      perform audit_private.fail_data_purge(run_id, pg_catalog.format('%s (%s)', sqlerrm, sqlstate));
    end;
    commit;
  end loop;
  perform audit_private.end_data_purge(run_id);
  commit;
end
$$;

ALTER PROCEDURE audit.purge_data() OWNER TO audit_owner;

COMMENT ON PROCEDURE audit.purge_data() IS 'removes the rows that are due of every armed table, in batches, with receipts; safe to kill and to run again; for audit_operator';

CREATE PROCEDURE audit.purge_events()
    LANGUAGE plpgsql
    AS $$
declare
  run constant pg_catalog.uuid := audit_private.begin_run('purge_events', pg_catalog.pg_backend_pid());
  state pg_catalog.text := 'more';
  attempts integer := 0;
begin
  commit;
  if run is null then
    return;
  end if;
  call audit.seal_events();
  begin
    perform audit_private.predict_purge(run);
  exception when others then
    perform audit_private.finish_run(run, 'failed', sqlerrm);
  end;
  commit;
  loop
    begin
      state := audit_private.purge_step(run);
    exception when others then
      state := audit_private.skip_partition(run, sqlerrm);
    end;
    commit;
    exit when state operator(pg_catalog.=) 'done';
    if state operator(pg_catalog.=) 'busy' then
      attempts := attempts operator(pg_catalog.+) 1;
      if attempts operator(pg_catalog.=) 40 then
        perform audit_private.skip_partition(run, 'in use');
        attempts := 0;
      else
        perform pg_catalog.pg_sleep(0.25);
      end if;
    else
      attempts := 0;
    end if;
  end loop;
  begin
    perform audit_private.finish_purge(run);
  exception when others then
    perform audit_private.finish_run(run, 'failed', sqlerrm);
  end;
  commit;
end
$$;

ALTER PROCEDURE audit.purge_events() OWNER TO audit_owner;

COMMENT ON PROCEDURE audit.purge_events() IS 'removes expired events of every tenant, and leaves a receipt for each; daily, as the option purge_events_at says; for audit_operator';

CREATE FUNCTION audit.read_export(export_id uuid, after_chunk integer DEFAULT 0, tenant_id uuid DEFAULT NULL::uuid) RETURNS TABLE(chunk integer, content bytea, digest text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  chunks_a_page constant integer := 2;
  tenant uuid;
  session audit_private.access_session;
  wanted audit_private.export;
  state text;
begin
  tenant := audit_private.require_tenant(read_export.tenant_id);
  session := audit_private.require_access(tenant);
  wanted := audit_private.find_export(tenant, read_export.export_id);
  state := audit_private.export_state(wanted);
  if state = 'expired' then
    raise exception using
      errcode = 'WT124',
      message = format('export %s has expired', wanted.export_id),
      detail = format('It could be read until %s.', wanted.expires_at),
      hint = 'Ask for it anew with audit.request_export.';
  elsif state <> 'completed' or wanted.is_straight or wanted.process_id is not null then
    raise exception using
      errcode = 'WT123',
      message = format('export %s can''t be read', wanted.export_id),
      detail = case when wanted.is_straight then 'It was streamed to a client and is not kept.'
        when wanted.process_id is not null and state = 'completed' then 'It was written into a file and is not kept.'
        else format('It is %s%s.', state, coalesce(': ' || wanted.error, '')) end,
      hint = case when state in ('pending', 'running')
        then 'The job run_exports writes it: select * from audit.list_exports(); tells how far it is.'
        else 'Ask for it anew with audit.request_export.' end;
  end if;

  if coalesce(read_export.after_chunk, 0) <= 0 or session.access_id <> all (wanted.access_ids) then
    update audit_private.export x
    set access_ids = array_append(array_remove(x.access_ids, session.access_id), session.access_id)
    where x.tenant_id = tenant and x.export_id = wanted.export_id;
    perform audit_private.write_export_event(
      wanted, 'downloaded', 'Downloaded an export of the log', session, jsonb_build_object(
        'read_number', nextval('audit_private.read_number'), 'rows', wanted.rows, 'bytes', wanted.bytes,
        'digest', wanted.digest));
  end if;
  return query
  select c.number, c.content, c.digest
  from audit_private.export_chunk c
  where c.tenant_id = tenant
    and c.export_id = wanted.export_id
    and c.number > coalesce(read_export.after_chunk, 0)
  order by c.number
  limit chunks_a_page;
  perform audit_private.release_tenant();
end
$$;

ALTER FUNCTION audit.read_export(export_id uuid, after_chunk integer, tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.read_export(export_id uuid, after_chunk integer, tenant_id uuid) IS 'The next few chunks of a completed export; after_chunk => the last one that you have reads on, no row is the end. Needs an open access session; each download is logged. Raises WT030, WT031, WT032, WT035, WT036, WT121, WT122, WT123 and WT124.';

CREATE FUNCTION audit.register_tenant(tenant_id uuid, name text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  given_name constant text := btrim(register_tenant.name);
  known_name text;
begin
  if register_tenant.tenant_id is null
    or register_tenant.tenant_id = '00000000-0000-0000-0000-000000000000'
    or given_name is null or length(given_name) not between 1 and 200
  then
    raise exception using
      errcode = 'WT003',
      message = format('tenant %s can''t be registered as %s',
        coalesce(register_tenant.tenant_id::text, 'null'), coalesce(quote_literal(given_name), 'null')),
      detail = 'The nil uuid is the installation''s own tenant; a name has 1 to 200 characters.',
      hint = 'Use the application''s own identifier of the tenant, and its name.';
  end if;

  perform audit_private.lock_catalogue();
  select t.name into known_name
  from audit_private.tenant t
  where t.tenant_id = register_tenant.tenant_id;
  insert into audit_private.tenant as known (tenant_id, name)
  values (register_tenant.tenant_id, given_name)
  on conflict on constraint tenant_pkey do update
  set name = excluded.name, retired_at = null
  where (known.name, known.retired_at) is distinct from (excluded.name, null);
  if not found then
    return false;
  end if;
  perform audit_private.write_system_event(
    tenant_id => register_tenant.tenant_id,
    action => 'tenant_registered',
    entity_type => 'audit_tenant',
    entity_id => register_tenant.tenant_id::text,
    description => format('Tenant %s registered', given_name),
    changes => jsonb_build_object('name', jsonb_build_object('old', known_name, 'new', given_name)));
  return true;
end
$$;

ALTER FUNCTION audit.register_tenant(tenant_id uuid, name text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.register_tenant(tenant_id uuid, name text) IS 'registers, renames or brings back a tenant; true when that changed anything; for audit_operator';

CREATE FUNCTION audit.release_hold(name text, reason text, tenant_id uuid DEFAULT NULL::uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  tenant constant uuid := audit_private.require_tenant(release_hold.tenant_id);
  checked_reason constant text := audit_private.check_reason(release_hold.reason);
  given_name constant text := btrim(release_hold.name);
  told_name text;
  waiting uuid;
  carried_out record;
  released audit_private.legal_hold;
begin
  perform audit_private.require_read_committed();
  perform from audit_private.tenant t where t.tenant_id = tenant for no key update;
  perform audit_private.pass_gate();
  update audit_private.legal_hold h
  set released_at = clock_timestamp(),
    released_by = audit_private.recorded_by(),
    release_reason = checked_reason
  where h.tenant_id = tenant and h.name = given_name and h.released_at is null
  returning h.* into released;
  if not found then
    if not exists (select from audit_private.legal_hold h where h.tenant_id = tenant and h.name = given_name) then
      raise exception using
        errcode = 'WT111',
        message = format('there is no hold %s', coalesce(quote_literal(given_name), 'null')),
        detail = 'No hold of this name was ever placed.',
        hint = 'select name, placed_at, released_at from audit.list_holds();';
    end if;
    perform audit_private.release_tenant();
    return false;
  end if;
  perform audit_private.cut_holds(tenant);
  select h.name into told_name
  from audit_private.legal_hold h
  where h.tenant_id = tenant and h.hold_id = released.hold_id;
  perform audit_private.write_system_event(
    tenant_id => tenant,
    action => 'hold_released',
    entity_type => 'audit_hold',
    entity_id => told_name,
    description => format('Legal hold %s released', told_name),
    metadata => jsonb_build_object('reason', checked_reason));
  for waiting in
    select x.erasure_id from audit_private.erasure x where x.tenant_id = tenant and x.held > 0 order by x.requested_at
  loop
    carried_out := audit_private.carry_out_erasure(tenant, waiting);
    if carried_out.erased > 0 then
      perform audit_private.tell_erasure(tenant, waiting, carried_out.erased, carried_out.held, carried_out.exports);
    end if;
  end loop;
  perform audit_private.release_tenant();
  return true;
end
$$;

ALTER FUNCTION audit.release_hold(name text, reason text, tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.release_hold(name text, reason text, tenant_id uuid) IS 'ends a hold: what it kept follows the retention again, and is erased where that was asked for; true when it stood; for audit_admin; raises WT021, WT037 and WT111';

CREATE FUNCTION audit.replay_erasures(entries jsonb, reason text, tenant_id uuid DEFAULT NULL::uuid, OUT erasure_id uuid, OUT erased bigint, OUT held bigint, OUT exports bigint) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  tenant constant uuid := audit_private.require_tenant(replay_erasures.tenant_id);
begin
  erasure_id := audit_private.begin_erasure(tenant, 'replay', replay_erasures.reason);
  perform audit_private.note_erased(
    tenant, replay_erasures.erasure_id, array_agg(e.event_id order by e.event_id), array_agg(e.groups::text order by e.event_id))
  from audit_private.read_ledger(replay_erasures.entries) e
  where e.kind = 'erasure' and e.tenant_id = tenant;
  select c.erased, c.held, c.exports into erased, held, exports
  from audit_private.carry_out_erasure(tenant, erasure_id) c;
  perform audit_private.tell_erasure(tenant, erasure_id, erased, held, exports);
  perform audit_private.release_tenant();
end
$$;

ALTER FUNCTION audit.replay_erasures(entries jsonb, reason text, tenant_id uuid, OUT erasure_id uuid, OUT erased bigint, OUT held bigint, OUT exports bigint) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.replay_erasures(entries jsonb, reason text, tenant_id uuid, OUT erasure_id uuid, OUT erased bigint, OUT held bigint, OUT exports bigint) IS 'Erases in the tenant''s events once more what a ledger tells, after an older backup was restored; the lines of other tenants are passed over. Returns what audit.erase_events does. For audit_privacy; raises WT021, WT036, WT037 and WT141.';

CREATE VIEW audit_private.event_relation AS
 SELECT NULL::text[] AS relations,
    e.tenant_id,
    e.occurred_at,
    e.id,
    e.recorded_at,
    e.sequence,
    e.transaction_id,
    e.source,
    e.category,
    e.action,
    e.entity_type,
    e.entity_id,
    e.actor_type,
    e.actor_id,
    e.actor,
    e.description,
    e.target,
    e.changes,
    e.metadata,
    e.outcome,
    e.error_message,
    e.ip,
    e.user_agent,
    e.request_id,
    e.recorded_by
   FROM audit_private.readable_event e
  WHERE false;

ALTER TABLE audit_private.event_relation OWNER TO audit_owner;

COMMENT ON VIEW audit_private.event_relation IS 'row type of audit.report_subject; holds no rows';

CREATE FUNCTION audit.report_subject(identifiers text[], with_actors boolean DEFAULT false, tenant_id uuid DEFAULT NULL::uuid) RETURNS SETOF audit_private.event_relation
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    SET "DateStyle" TO 'ISO, YMD'
    AS $_$
declare
  tenant uuid;
  session audit_private.access_session;
  subject record;
  span record;
  found_now bigint;
  found_in_all bigint := 0;
begin
  tenant := audit_private.require_tenant(report_subject.tenant_id);
  session := audit_private.require_access(tenant);
  subject := audit_private.read_identifiers(report_subject.identifiers);

  for span in select w.* from audit_private.event_windows(null, null) w loop
    return query execute format(
      'select f.relations, e.tenant_id, e.occurred_at, e.id, e.recorded_at, e.sequence, e.transaction_id, e.source,
        e.category, e.action, e.entity_type, e.entity_id, e.actor_type,
        case when f.is_open then e.actor_id end, case when f.is_open then e.actor end,
        e.description, e.target, e.changes, e.metadata, e.outcome, e.error_message,
        case when f.is_open then e.ip end, case when f.is_open then e.user_agent end,
        e.request_id, e.recorded_by
      from (
        select e.occurred_at, e.id, r.relations, $3 or ''actor'' = any (r.relations) as is_open
        from audit_private.event e
        cross join lateral (
          select array_remove(array[
            case when lower(e.actor_id) = any ($1) then ''actor'' end,
            case when lower(e.entity_id) = any ($1) or exists (
              select
              from jsonb_path_query(
                e.target, ''strict $.** ? (@.type() == "string" || @.type() == "number")'') as v (value)
              where lower(v.value #>> ''{}'') = any ($1)
            ) then ''target'' end,
            case when audit_private.search_text_v1(
              concat_ws(E''\n'', e.description, e.error_message, e.user_agent, e.request_id, host(e.ip)),
              e.actor, jsonb_build_array(e.target, e.changes), e.metadata
            ) ilike any ($2) then ''mentioned'' end
          ], null) as relations
        ) r
        where e.tenant_id = %1$L::uuid
          and e.occurred_at >= %2$L::timestamptz
          and e.occurred_at < %3$L::timestamptz
          and (not $4 or coalesce(concat_ws(
            E''\n'', e.actor_id, e.entity_id, e.description, e.error_message, e.user_agent, e.request_id,
            host(e.ip), e.actor, e.target, e.changes, e.metadata) ilike any ($2), false))
          and r.relations <> ''{}''
      ) f
      join audit_private.readable_event e
        on e.tenant_id = %1$L::uuid and e.occurred_at = f.occurred_at and e.id = f.id
      where e.occurred_at >= %2$L::timestamptz and e.occurred_at < %3$L::timestamptz
      order by e.occurred_at desc, e.id desc',
      tenant, span.window_from, span.window_until)
    using subject.names, subject.patterns, coalesce(report_subject.with_actors, false), subject.is_plain;
    get diagnostics found_now = row_count;
    found_in_all := found_in_all + found_now;
  end loop;

  perform audit_private.record_read(
    session => session,
    route => 'report',
    filter => jsonb_build_object(
      'identifiers', report_subject.identifiers, 'with_actors', coalesce(report_subject.with_actors, false)),
    rows => found_in_all
  );
  perform audit_private.release_tenant();
end
$_$;

ALTER FUNCTION audit.report_subject(identifiers text[], with_actors boolean, tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.report_subject(identifiers text[], with_actors boolean, tenant_id uuid) IS 'Every event in which a person is actor or target or is mentioned, newest first. Where the person isn''t the actor, actor_id, actor, ip and user_agent are null unless with_actors. Needs an open access session, and is logged. Raises WT040 for identifiers under 3 characters.';

CREATE FUNCTION audit.request_export(filter jsonb DEFAULT '{}'::jsonb, format text DEFAULT 'jsonl'::text, tenant_id uuid DEFAULT NULL::uuid) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  tenant uuid;
  stored audit_private.export;
begin
  tenant := audit_private.require_tenant(request_export.tenant_id);
  stored := audit_private.store_export(
    audit_private.require_access(tenant), request_export.filter, request_export.format, false);
  perform audit_private.release_tenant();
  return stored.export_id;
end
$$;

ALTER FUNCTION audit.request_export(filter jsonb, format text, tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.request_export(filter jsonb, format text, tenant_id uuid) IS 'Asks for an export of the events that a filter finds, as csv or jsonl, and returns its id: the job run_exports writes it, audit.list_exports tells how far it is, audit.read_export gives it. Needs an open access session, and is logged. Raises WT030, WT031, WT032, WT035, WT036, WT040 and WT120.';

CREATE FUNCTION audit.resolve_data_retention(relation regclass, key text) RETURNS TABLE(level text, days integer, is_kept boolean, "time" timestamp with time zone, due_at timestamp with time zone, problem text)
    LANGUAGE plpgsql STABLE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    SET "DateStyle" TO 'ISO, YMD'
    SET "IntervalStyle" TO 'postgres'
    SET bytea_output TO 'hex'
    SET extra_float_digits TO '1'
    SET lc_monetary TO 'C'
    SET xmlbinary TO 'base64'
    AS $$
begin
  begin
    return query execute audit_private.data_resolution_statement(relation) using key;
  exception when invalid_text_representation or numeric_value_out_of_range then
    null;
  end;
  if not found then
    raise exception using
      errcode = 'WT112',
      message = format('%s has no row with the key %s', relation, coalesce(quote_literal(key), 'null')),
      detail = 'A key is written as the entity id of a captured event: one column as text, several as a JSON array of their texts.',
      hint = 'Keys are those of the table as it is now; what has been removed is told by audit.list_row_history().';
  end if;
end
$$;

ALTER FUNCTION audit.resolve_data_retention(relation regclass, key text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.resolve_data_retention(relation regclass, key text) IS 'for one row of a table under data retention: the days that count, the level that they come from, and when it is due; for audit_operator; raises WT112';

CREATE FUNCTION audit.retire_action(action text, reason text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  checked_reason constant text := audit_private.check_reason(retire_action.reason);
  is_built_in boolean;
begin
  perform audit_private.lock_catalogue();
  select c.is_built_in into is_built_in
  from audit_private.action a join audit_private.category c using (category)
  where a.action = retire_action.action;
  if is_built_in is null then
    raise exception using
      errcode = 'WT010',
      message = format('action %s is not defined', coalesce(quote_literal(retire_action.action), 'null')),
      detail = 'Only what the catalogue holds can be retired.',
      hint = 'select code from audit.list_catalogue() where kind = ''action'';';
  elsif is_built_in then
    perform audit_private.refuse_definition(
      format('action %s is built in', retire_action.action),
      'What the log says about itself can''t be retired.',
      'Leave it as it is.');
  end if;
  update audit_private.action a
  set retired_at = clock_timestamp()
  where a.action = retire_action.action and a.retired_at is null;
  if not found then
    return false;
  end if;
  perform audit_private.write_system_event(
    tenant_id => '00000000-0000-0000-0000-000000000000',
    action => 'catalogue_changed',
    entity_type => 'audit_catalogue',
    entity_id => retire_action.action,
    description => format('action %s retired', retire_action.action),
    metadata => jsonb_build_object('kind', 'action', 'reason', checked_reason));
  return true;
end
$$;

ALTER FUNCTION audit.retire_action(action text, reason text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.retire_action(action text, reason text) IS 'no new event may have this action; its events stay readable; defining it again brings it back; for audit_operator';

CREATE FUNCTION audit.retire_tenant(reason text, tenant_id uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  checked_reason constant text := audit_private.check_reason(retire_tenant.reason);
begin
  perform audit_private.lock_catalogue();
  perform audit_private.check_tenant(retire_tenant.tenant_id);
  if retire_tenant.tenant_id = '00000000-0000-0000-0000-000000000000' then
    raise exception using
      errcode = 'WT003',
      message = 'the installation''s own tenant can''t be retired',
      detail = 'It keeps the acts that concern no tenant.',
      hint = 'Name the tenant to retire.';
  end if;
  update audit_private.tenant t
  set retired_at = clock_timestamp()
  where t.tenant_id = retire_tenant.tenant_id and t.retired_at is null;
  if not found then
    return false;
  end if;
  perform audit_private.write_system_event(
    tenant_id => retire_tenant.tenant_id,
    action => 'tenant_retired',
    entity_type => 'audit_tenant',
    entity_id => retire_tenant.tenant_id::text,
    description => 'Tenant retired',
    metadata => jsonb_build_object('reason', checked_reason));
  perform audit.revoke_tenant(g.role_name, checked_reason, g.tenant_id)
  from audit_private.tenant_grant g
  where g.tenant_id = retire_tenant.tenant_id;
  return true;
end
$$;

ALTER FUNCTION audit.retire_tenant(reason text, tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.retire_tenant(reason text, tenant_id uuid) IS 'ends a tenant''s logging and revokes its grants; its events stay until their retention ends; true when that changed anything; for audit_operator';

CREATE PROCEDURE audit.reverify_events()
    LANGUAGE plpgsql
    AS $$
declare
  run constant pg_catalog.uuid := audit_private.begin_run('reverify_events', pg_catalog.pg_backend_pid());
  state pg_catalog.text := 'more';
begin
  commit;
  if run is null then
    return;
  end if;
  begin
    perform audit_private.plan_verification(run);
  exception when others then
    perform audit_private.finish_run(run, 'failed', sqlerrm);
  end;
  commit;
  while state operator(pg_catalog.=) 'more' loop
    begin
      state := audit_private.reverify_step(run);
    exception when others then
      perform audit_private.finish_run(run, 'failed', sqlerrm);
      state := 'done';
    end;
    commit;
  end loop;
  begin
    perform audit_private.finish_verification(run);
  exception when others then
    perform audit_private.finish_run(run, 'failed', sqlerrm);
  end;
  commit;
end
$$;

ALTER PROCEDURE audit.reverify_events() OWNER TO audit_owner;

COMMENT ON PROCEDURE audit.reverify_events() IS 'verifies what was sealed since it last ran, and old events in turn, each at least once a month; daily, as the option reverify_events_at says; for audit_operator';

CREATE FUNCTION audit.revert_sql(event_id uuid, tenant_id uuid DEFAULT NULL::uuid) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET quote_all_identifiers TO 'off'
    SET standard_conforming_strings TO 'on'
    AS $$
declare
  event constant audit.event := audit.get_event(revert_sql.event_id, revert_sql.tenant_id);
  relation constant regclass := audit_private.watched_relation(event.entity_type);
  key constant text[] := audit_private.key_columns(relation);
  kind constant text := case
    when event.metadata ? 'moved_to' then 'moved'
    when event.metadata ? 'moved_from' then 'arrived'
    else substr(event.action, length(event.entity_type) + 2) end;
  key_values text[];
  place text;
  partner jsonb;
  watched audit_private.watched_table;
  parts record;
begin
  if event.source <> 'captured' then
    perform audit_private.refuse_revert(event.id, 'It is no captured change of a row.', 'Only events with source captured can be.');
  elsif event.description is null then
    perform audit_private.refuse_revert(event.id, 'Its values have been erased.', 'Write the statement by hand.');
  elsif relation is null or key is null then
    perform audit_private.refuse_revert(event.id, 'Its table is gone, or has no key any more.', 'Restore the table first.');
  elsif kind in ('truncated', 'arrived') or kind = 'moved' and event.metadata #>> '{moved_to,entity_id}' is null then
    perform audit_private.refuse_revert(event.id,
      case kind
        when 'truncated' then 'The rows of a truncated table are not in this event.'
        when 'arrived' then 'It tells where a row came to; what it was before is told in the event of where it left.'
        else 'Where the row went to is another tenant''s business, or one of several.' end,
      case kind
        when 'truncated' then 'audit.get_row_at() shows each row as it stood before.'
        else format('select id from audit.search_events(%L);',
          jsonb_build_object('action', event.action, 'from', event.occurred_at, 'to', event.occurred_at + interval '1 second')) end);
  end if;

  select w.* into watched from audit_private.watched_table w where w.entity_type = event.entity_type;
  place := case kind when 'moved' then event.metadata #>> '{moved_to,entity_id}' else event.entity_id end;
  if place ~ '^sha256:' then
    perform audit_private.refuse_revert(event.id, 'The key is too long to stand in the log.', 'Write the statement by hand.');
  end if;
  key_values := case when cardinality(key) = 1 then array[place] else array(select jsonb_array_elements_text(place::jsonb)) end;
  select string_agg(format('%I = %L', k.name, k.value), ' and ') into place
  from unnest(key, key_values) as k (name, value);

  if kind = 'moved' then
    perform audit_private.require_tenant(revert_sql.tenant_id);
    select c.target into partner
    from audit_private.row_changes(event.tenant_id, event.entity_type, event.metadata #>> '{moved_to,entity_id}') c
    where c.transaction_id = event.transaction_id and c.occurred_at = event.occurred_at and c.is_start;
    perform audit_private.release_tenant();
  end if;

  select
    string_agg(format('%I', c.name), ', ' order by c.place) filter (where c.is_kept) as names,
    string_agg(c.literal, ', ' order by c.place) filter (where c.is_kept) as literals,
    string_agg(format('%I = %s', c.name, c.literal), ', ' order by c.place) filter (where c.is_kept and c.is_other) as settings,
    string_agg(
      format(case when c.is_exact then ' and %I is not distinct from %s' else ' and %I::text is not distinct from (%s)::%s::text' end,
        c.name, c.set_literal, c.type),
      '' order by c.place) filter (where c.is_kept) as guards,
    string_agg(format(E'-- column %s: its value is not in the log, or the column is gone\n', translate(quote_ident(c.name), E'\n\r', '  ')), '' order by c.name)
      filter (where not c.is_kept) as lost
  into parts
  from (
    select v.key as name, a.attnum as place, k.is_exact, format_type(a.atttypid, a.atttypmod) as type,
      a.attname is not null and not (
        audit_private.is_withheld(v.value)
        and (a.atttypid <> 'jsonb'::regtype or v.key = any (watched.redact_columns) or v.key <> all (watched.known_columns)
          or v.value ->> 'withheld' = 'too large')
      ) as is_kept,
      kind <> 'moved' or (partner -> v.key)::text is distinct from v.value::text as is_other,
      audit_private.value_literal(case kind when 'updated' then v.value -> 'old' else v.value end, relation, v.key) as literal,
      audit_private.value_literal(
        case kind when 'updated' then v.value -> 'new' when 'moved' then partner -> v.key else v.value end, relation, v.key)
        as set_literal
    from jsonb_each(coalesce(event.changes, event.target)) v
    left join pg_attribute a on a.attrelid = relation and a.attname = v.key and a.attnum > 0 and not a.attisdropped
    left join lateral audit_private.column_kind(a.atttypid, a.attcollation) k on true
    where coalesce(a.attgenerated, '') = ''
  ) c;
  if kind <> 'created' and parts.names is null then
    perform audit_private.refuse_revert(event.id, 'No value of what it changed is in the log.', 'Redacted values are kept nowhere.');
  end if;

  return case kind when 'created' then '' else coalesce(parts.lost, '') end || case kind
    when 'created' then format('delete from %s where %s%s;', relation, place, parts.guards)
    when 'deleted' then format('insert into %s (%s) overriding system value values (%s);', relation, parts.names, parts.literals)
    else format('update %s set %s where %s%s;', relation, parts.settings, place, parts.guards)
  end;
end
$$;

ALTER FUNCTION audit.revert_sql(event_id uuid, tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.revert_sql(event_id uuid, tenant_id uuid) IS 'a statement that undoes one captured change, to be read before it is run; needs an open access session, and is logged. Raises WT044 and WT092.';

CREATE FUNCTION audit.revoke_tenant(role name, reason text, tenant_id uuid DEFAULT NULL::uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  checked_reason constant text := audit_private.check_reason(revoke_tenant.reason);
  revoked_tenants uuid[];
  was_service boolean := false;
begin
  perform audit_private.lock_catalogue();
  with removed as (
    delete from audit_private.tenant_grant g
    where g.role_name = revoke_tenant.role
      and (revoke_tenant.tenant_id is null or g.tenant_id = revoke_tenant.tenant_id)
    returning g.tenant_id
  )
  select coalesce(array_agg(r.tenant_id order by r.tenant_id), '{}') into revoked_tenants from removed r;
  if revoke_tenant.tenant_id is null then
    delete from audit_private.service_grant s where s.role_name = revoke_tenant.role;
    was_service := found;
  end if;
  perform audit_private.write_system_event(
    tenant_id => coalesce(r.tenant_id, '00000000-0000-0000-0000-000000000000'),
    action => 'tenant_revoked',
    entity_type => 'audit_tenant',
    entity_id => r.tenant_id::text,
    description => format('Role %I may no longer act for %s', revoke_tenant.role,
      case when r.tenant_id is null then 'every tenant' else 'the tenant' end),
    metadata => jsonb_build_object('role', revoke_tenant.role, 'reason', checked_reason))
  from (
    select unnest(revoked_tenants) as tenant_id
    union all
    select null where was_service
  ) r;
  return was_service or revoked_tenants <> '{}';
end
$$;

ALTER FUNCTION audit.revoke_tenant(role name, reason text, tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.revoke_tenant(role name, reason text, tenant_id uuid) IS 'takes one tenant from a database role, or all its grants when no tenant is named; for audit_operator';

CREATE PROCEDURE audit.run_exports()
    LANGUAGE plpgsql
    AS $$
declare
  run constant pg_catalog.uuid := audit_private.begin_exports(pg_catalog.pg_backend_pid());
  running pg_catalog.uuid[];
  export pg_catalog.uuid;
  steps pg_catalog.int8 := 0;
  problem pg_catalog.text;
begin
  commit;
  if run is null then
    return;
  end if;
  loop
    begin
      running := audit_private.start_exports();
    exception when others then
      running := '{}';
      problem := sqlerrm;
    end;
    commit;
    exit when pg_catalog.cardinality(running) operator(pg_catalog.=) 0;
    foreach export in array running loop
      begin
        perform audit_private.export_step(export);
      exception when others then
        perform audit_private.fail_export(export, sqlerrm);
      end;
      perform audit_private.note_step(run);
      commit;
      steps := steps operator(pg_catalog.+) 1;
    end loop;
  end loop;
  if problem is not null then
    perform audit_private.finish_run(run, 'failed', problem);
  elsif steps operator(pg_catalog.=) 0 then
    perform audit_private.finish_run(run, 'succeeded', 'nothing to do');
  else
    perform audit_private.finish_run(run, 'succeeded', pg_catalog.format('%s steps of exports', steps));
  end if;
  commit;
end
$$;

ALTER PROCEDURE audit.run_exports() OWNER TO audit_owner;

COMMENT ON PROCEDURE audit.run_exports() IS 'writes the exports that were asked for, and removes those that have expired; every minute; for audit_operator';

CREATE PROCEDURE audit.run_jobs()
    LANGUAGE plpgsql
    AS $$
declare
  due text;
begin
  foreach due in array audit_private.due_jobs() loop
    commit;
    if due operator(pg_catalog.<>) all (audit_private.due_jobs()) then
      continue;
    end if;
    if due operator(pg_catalog.=) 'seal_events' then
      call audit.seal_events();
    elsif due operator(pg_catalog.=) 'maintain_partitions' then
      call audit.maintain_partitions();
    elsif due operator(pg_catalog.=) 'purge_events' then
      call audit.purge_events();
    elsif due operator(pg_catalog.=) 'purge_data' then
      call audit.purge_data();
    elsif due operator(pg_catalog.=) 'reverify_events' then
      call audit.reverify_events();
    elsif due operator(pg_catalog.=) 'run_exports' then
      call audit.run_exports();
    end if;
  end loop;
end
$$;

ALTER PROCEDURE audit.run_jobs() OWNER TO audit_owner;

COMMENT ON PROCEDURE audit.run_jobs() IS 'runs each job that is due, once however many times it was missed; calling it often, or twice at once, does no harm; for audit_operator';

CREATE FUNCTION audit.schedule_jobs() RETURNS TABLE(job_name text, schedule text, command text)
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  scheduler constant name := 'cron';
begin
  perform audit_private.check_scheduler(current_user);
  perform audit_private.note_schedule(current_user, is_scheduled => true);
  return query execute format(
    'select d.job_name, d.cron, d.command '
    'from (select o.*, %I.schedule(''pgwitness: '' || o.job_name, o.cron, o.command) from audit_private.job_definitions() o) d '
    'order by d.job_name', scheduler);
end
$$;

ALTER FUNCTION audit.schedule_jobs() OWNER TO audit_owner;

COMMENT ON FUNCTION audit.schedule_jobs() IS 'has pg_cron run the jobs as the current role, at the times that the options say; run it again after changing those; raises WT114, whose hint says what else to do; for a login in audit_operator with usage on schema cron';

CREATE PROCEDURE audit.seal_events()
    LANGUAGE plpgsql
    AS $$
declare
  run constant pg_catalog.uuid := audit_private.begin_run('seal_events', pg_catalog.pg_backend_pid());
  outcome pg_catalog.text := 'again';
  problem pg_catalog.text;
begin
  commit;
  if run is null then
    return;
  end if;
  perform audit_private.summarize_events();
  commit;
  for attempt in 1..10 loop
    begin
      outcome := audit_private.seal_step();
      if outcome operator(pg_catalog.=) 'moved' then
        perform audit_private.enter_epoch();
      end if;
    exception when others then
      problem := sqlerrm;
    end;
    commit;
    exit when problem is not null or outcome operator(pg_catalog.<>) all (array['again', 'moved']);
  end loop;
  if problem is null and outcome operator(pg_catalog.=) any (array['again', 'moved']) then
    problem := 'others have sealed or entered an epoch all the while';
  end if;
  perform audit_private.finish_run(
    run, case when problem is null then 'succeeded' else 'failed' end, coalesce(problem, outcome));
  commit;
end
$$;

ALTER PROCEDURE audit.seal_events() OWNER TO audit_owner;

COMMENT ON PROCEDURE audit.seal_events() IS 'seals every event that was committed since the last run, in a chain for each tenant; every minute; for audit_operator';

CREATE FUNCTION audit.search_events(filter jsonb DEFAULT '{}'::jsonb, page_size integer DEFAULT 100, after text DEFAULT NULL::text, tenant_id uuid DEFAULT NULL::uuid) RETURNS SETOF audit_private.event_page
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    SET "DateStyle" TO 'ISO, YMD'
    AS $_$
declare
  tenant uuid;
  session audit_private.access_session;
  asked constant jsonb := coalesce(search_events.filter, '{}');
  seen_condition text := 'true';
  bounds record;
  scope text;
  place record;
  seen text;
  span record;
  times timestamptz[];
  ids uuid[];
  wanted integer := search_events.page_size;
begin
  tenant := audit_private.require_tenant(search_events.tenant_id);
  session := audit_private.require_access(tenant);
  if search_events.page_size between 1 and 1000 is not true then
    raise exception using
      errcode = 'WT042',
      message = 'page_size is a number from 1 to 1000',
      detail = format('It is %s.', coalesce(search_events.page_size::text, 'null')),
      hint = 'Read on with after => the cursor column of the page''s last row.';
  end if;

  perform audit_private.filter_condition(asked);
  bounds := audit_private.filter_bounds(asked);
  scope := audit_private.filter_scope(tenant, asked);
  if search_events.after is null then
    seen := audit_private.current_view();
    select null::timestamptz as occurred_at, null::uuid as id into place;
  else
    select c.occurred_at, c.id, c.seen into place
    from audit_private.read_cursor(search_events.after, scope) c;
    seen := place.seen;
    seen_condition := audit_private.seen_condition(seen);
    bounds.until_time := least(bounds.until_time, place.occurred_at + interval '1 microsecond');
  end if;

  for span in select w.* from audit_private.event_windows(bounds.from_time, bounds.until_time) w loop
    select array_agg(f.occurred_at), array_agg(f.id) into times, ids
    from audit_private.find_events(
      tenant,
      format('(%s) and (%s)',
        audit_private.filter_condition(
          asked, audit_private.prefers_text_index(asked, span.window_from, span.window_until, wanted)),
        seen_condition),
      span.window_from, span.window_until, place.occurred_at, place.id, wanted) f;
    continue when ids is null;
    return query execute format(
      'select e.*, audit_private.write_cursor($1, $2, e.occurred_at, e.id)
      from unnest($3, $4) as k (occurred_at, id)
      join audit_private.readable_event e
        on e.tenant_id = %L::uuid and e.occurred_at = k.occurred_at and e.id = k.id
      where e.occurred_at between %L::timestamptz and %L::timestamptz
      order by e.occurred_at desc, e.id desc',
      tenant, times[cardinality(times)], times[1])
    using scope, seen, times, ids;
    wanted := wanted - cardinality(ids);
    exit when wanted = 0;
  end loop;

  perform audit_private.record_read(
    session => session,
    route => 'search',
    filter => asked,
    rows => search_events.page_size - wanted,
    page_size => search_events.page_size,
    is_continued => search_events.after is not null
  );
  perform audit_private.release_tenant();
end
$_$;

ALTER FUNCTION audit.search_events(filter jsonb, page_size integer, after text, tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.search_events(filter jsonb, page_size integer, after text, tenant_id uuid) IS 'One page of the events that a filter finds, newest first, 1 to 1000 rows; after => the cursor of a page''s last row reads on, within what the first page saw. Needs an open access session, and is logged. Raises WT030, WT031, WT032, WT035, WT036, WT040, WT041 and WT042.';

CREATE FUNCTION audit.set_action_logging(action text, enabled boolean, reason text DEFAULT NULL::text, tenant_id uuid DEFAULT NULL::uuid) RETURNS boolean
    LANGUAGE sql
    AS $$
  select audit.set_toggles(
    pg_catalog.jsonb_build_object('actions', pg_catalog.jsonb_build_object(coalesce(action, ''), enabled)), reason, tenant_id) operator(pg_catalog.>) 0
$$;

ALTER FUNCTION audit.set_action_logging(action text, enabled boolean, reason text, tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.set_action_logging(action text, enabled boolean, reason text, tenant_id uuid) IS 'overrides one action, whatever its category says; null removes the override; true when that changed anything; needs a reason when it silences; for audit_admin';

CREATE FUNCTION audit.set_category_logging(category text, enabled boolean, reason text DEFAULT NULL::text, tenant_id uuid DEFAULT NULL::uuid) RETURNS boolean
    LANGUAGE sql
    AS $$
  select audit.set_toggles(
    pg_catalog.jsonb_build_object('categories', pg_catalog.jsonb_build_object(coalesce(category, ''), enabled)), reason, tenant_id) operator(pg_catalog.>) 0
$$;

ALTER FUNCTION audit.set_category_logging(category text, enabled boolean, reason text, tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.set_category_logging(category text, enabled boolean, reason text, tenant_id uuid) IS 'turns a category on or off; null removes the setting; true when that changed anything; needs a reason when it silences; for audit_admin';

CREATE FUNCTION audit.set_context(tenant_id uuid DEFAULT NULL::uuid, actor_id text DEFAULT NULL::text, actor_type text DEFAULT NULL::text, actor jsonb DEFAULT NULL::jsonb, ip inet DEFAULT NULL::inet, user_agent text DEFAULT NULL::text, request_id text DEFAULT NULL::text, access_id uuid DEFAULT NULL::uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  own_role constant name := audit_private.effective_role();
begin
  if (set_context.actor_id is distinct from own_role::text and set_context.actor_id is not null
      or set_context.actor_type is distinct from 'database_role' and set_context.actor_type is not null
      or set_context.actor is not null)
    and not pg_has_role(own_role, 'audit_app', 'usage')
  then
    raise exception using
      errcode = 'WT004',
      message = format('role %I may not speak for another actor', own_role),
      detail = 'Only members of audit_app may set actor_id, actor_type and actor.',
      hint = format('Leave them out (the actor is then %I), or: grant audit_app to %I;', own_role, own_role);
  end if;
  if set_context.actor_type is not null
    and not exists (select from audit_private.actor_type t where t.actor_type = set_context.actor_type)
    or set_context.actor is not null and jsonb_typeof(set_context.actor) <> 'object'
    or set_context.actor_id = ''
  then
    perform audit_private.refuse_actor(set_context.actor_type, set_context.actor);
  end if;

  perform
    set_config('pgwitness.tenant_id', coalesce(set_context.tenant_id::text, ''), true),
    set_config('pgwitness.actor_id', coalesce(set_context.actor_id, ''), true),
    set_config('pgwitness.actor_type', coalesce(set_context.actor_type, ''), true),
    set_config('pgwitness.actor', coalesce(set_context.actor::text, ''), true),
    set_config('pgwitness.ip', coalesce(set_context.ip::text, ''), true),
    set_config('pgwitness.user_agent', coalesce(set_context.user_agent, ''), true),
    set_config('pgwitness.request_id', coalesce(set_context.request_id, ''), true),
    set_config('pgwitness.access_id', coalesce(set_context.access_id::text, ''), true);

  if set_context.tenant_id is not null then
    perform audit_private.require_tenant(null);
    perform audit_private.release_tenant();
  end if;
end
$$;

ALTER FUNCTION audit.set_context(tenant_id uuid, actor_id text, actor_type text, actor jsonb, ip inet, user_agent text, request_id text, access_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.set_context(tenant_id uuid, actor_id text, actor_type text, actor jsonb, ip inet, user_agent text, request_id text, access_id uuid) IS 'replaces the context for the rest of the transaction: tenant, actor, request, access session';

CREATE FUNCTION audit.set_logging(enabled boolean, reason text DEFAULT NULL::text, tenant_id uuid DEFAULT NULL::uuid) RETURNS boolean
    LANGUAGE sql
    AS $$
  select audit.set_toggles(pg_catalog.jsonb_build_object('logging', enabled), reason, tenant_id) operator(pg_catalog.>) 0
$$;

ALTER FUNCTION audit.set_logging(enabled boolean, reason text, tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.set_logging(enabled boolean, reason text, tenant_id uuid) IS 'turns all logging of a tenant on or off, mandatory events apart; true when that changed anything; needs a reason when it silences; for audit_admin';

CREATE FUNCTION audit.set_option(name text, value text, reason text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  checked_reason constant text := audit_private.check_reason(set_option.reason);
  known audit_private.option;
begin
  perform audit_private.lock_catalogue();
  select o.* into known from audit_private.option o where o.name = set_option.name for no key update;
  if known.name is null or set_option.value is null or set_option.value !~ known.pattern then
    raise exception using
      errcode = 'WT060',
      message = format('option %s can''t be %s', coalesce(quote_literal(set_option.name), 'null'),
        coalesce(quote_literal(set_option.value), 'null')),
      detail = coalesce(known.description, 'There is no option of this name.'),
      hint = 'select name, value, description from audit.list_options();';
  end if;
  if known.value = set_option.value then
    return false;
  end if;
  update audit_private.option o
  set value = set_option.value,
    changed_at = clock_timestamp(),
    changed_by = audit_private.recorded_by()
  where o.name = set_option.name;
  perform audit_private.write_system_event(
    tenant_id => '00000000-0000-0000-0000-000000000000',
    action => 'option_changed',
    entity_type => 'audit_option',
    entity_id => set_option.name,
    description => format('Option %s set to %s', set_option.name, set_option.value),
    metadata => jsonb_build_object('reason', checked_reason),
    changes => jsonb_build_object('value', jsonb_build_object('old', known.value, 'new', set_option.value)));
  return true;
end
$$;

ALTER FUNCTION audit.set_option(name text, value text, reason text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.set_option(name text, value text, reason text) IS 'sets an option of the installation; true when that changed anything; for audit_operator';

CREATE FUNCTION audit.set_retention(days integer, reason text, is_exact boolean DEFAULT NULL::boolean, tenant_id uuid DEFAULT NULL::uuid) RETURNS timestamp with time zone
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  tenant constant uuid := audit_private.require_tenant(set_retention.tenant_id);
  checked_reason constant text := audit_private.check_reason(set_retention.reason);
  known record;
  wanted record;
begin
  perform audit_private.require_read_committed();
  if set_retention.days not between 1 and 2555 then
    raise exception using
      errcode = 'WT110',
      message = format('retention can''t be %s days', set_retention.days),
      detail = 'It is 1 to 2,555 days, or null for ever.',
      hint = 'select audit.set_retention(days => 730, reason => ''…'');';
  end if;
  perform from audit_private.tenant t where t.tenant_id = tenant for no key update;
  perform audit_private.pass_gate();
  select p.days, p.is_exact, n.takes_effect_at as next_takes_effect_at,
    case when n.tenant_id is null then p.days else n.days end as planned_days,
    coalesce(n.is_exact, p.is_exact) as planned_is_exact
  into known
  from audit_private.policies_in_force(clock_timestamp()) p
  left join audit_private.retention_policy n on n.tenant_id = p.tenant_id and n.takes_effect_at > clock_timestamp()
  where p.tenant_id = tenant;
  select set_retention.days as days,
    coalesce(set_retention.is_exact, known.planned_is_exact) as is_exact,
    case
      when set_retention.days < coalesce(known.days, 2556)
        then clock_timestamp() + o.value::integer * interval '24 hours'
      else greatest(now(), (
        select max(p.takes_effect_at) + interval '1 microsecond'
        from audit_private.retention_policy p
        where p.tenant_id = tenant and p.takes_effect_at <= clock_timestamp()
      ))
    end as takes_effect_at
  into wanted
  from audit_private.option o
  where o.name = 'retention_delay_days';
  if (wanted.days, wanted.is_exact) is not distinct from (known.planned_days, known.planned_is_exact) then
    perform audit_private.release_tenant();
    return known.next_takes_effect_at;
  end if;

  delete from audit_private.retention_policy p
  where p.tenant_id = tenant and p.takes_effect_at > clock_timestamp();
  insert into audit_private.retention_policy (tenant_id, takes_effect_at, days, is_exact, reason, set_by)
  select tenant, wanted.takes_effect_at, wanted.days, wanted.is_exact, checked_reason, audit_private.recorded_by();
  perform audit_private.write_system_event(
    tenant_id => tenant,
    action => 'retention_set',
    entity_type => 'audit_retention',
    entity_id => null,
    description => format('Events are kept %s, from %s on',
      coalesce(wanted.days || ' days', 'for ever'), to_char(wanted.takes_effect_at, 'YYYY-MM-DD HH24:MI TZH:TZM')),
    metadata => jsonb_build_object('reason', checked_reason, 'takes_effect_at', wanted.takes_effect_at),
    changes => jsonb_build_object(
      'days', jsonb_build_object('old', known.days, 'new', wanted.days),
      'is_exact', jsonb_build_object('old', known.is_exact, 'new', wanted.is_exact)));
  perform audit_private.release_tenant();
  return wanted.takes_effect_at;
end
$$;

ALTER FUNCTION audit.set_retention(days integer, reason text, is_exact boolean, tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.set_retention(days integer, reason text, is_exact boolean, tenant_id uuid) IS 'keeps a tenant''s events that many days, null for ever; exact removes them the night after they expire instead of with their partition. Returns when it takes effect: at once, or for a shorter one after the option retention_delay_days; null when it changed nothing. For audit_admin; raises WT021 and WT110';

CREATE FUNCTION audit.set_retention_floor(category text, days integer, reason text) RETURNS timestamp with time zone
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  checked_reason constant text := audit_private.check_reason(set_retention_floor.reason);
  floor constant integer := set_retention_floor.days;
  known record;
  effect_at timestamptz;
begin
  perform audit_private.lock_catalogue();
  perform audit_private.pass_gate();
  select c.category, c.is_mandatory, f.days,
    case when n.category is null then f.days else n.days end as planned_days
  into known
  from audit_private.category c
  left join audit_private.floors_in_force(clock_timestamp()) f on f.category = c.category
  left join audit_private.retention_floor n on n.category = c.category and n.takes_effect_at > clock_timestamp()
  where c.category = set_retention_floor.category;
  if known.category is null then
    raise exception using
      errcode = 'WT022',
      message = format('category %s is unknown', coalesce(quote_literal(set_retention_floor.category), 'null')),
      detail = 'A floor belongs to a category of the catalogue.',
      hint = 'select distinct category from audit.list_catalogue();';
  end if;
  if floor not between 1 and 2555 or known.is_mandatory and coalesce(floor, 0) < 365 then
    raise exception using
      errcode = 'WT110',
      message = format('the floor of category %s can''t be %s', known.category, coalesce(floor || ' days', 'removed')),
      detail = case when known.is_mandatory then 'Acts on the log itself are kept 365 to 2,555 days at least.'
        else 'A floor is 1 to 2,555 days, or null for none.' end,
      hint = 'See: select floors from audit.list_retention();';
  end if;
  if floor is not distinct from known.planned_days then
    return null;
  end if;

  select case when coalesce(floor, 0) < known.days then clock_timestamp() + o.value::integer * interval '24 hours'
    else clock_timestamp() end
  into effect_at
  from audit_private.option o
  where o.name = 'retention_delay_days';
  delete from audit_private.retention_floor f
  where f.category = known.category and f.takes_effect_at > clock_timestamp();
  insert into audit_private.retention_floor (category, takes_effect_at, days, reason, set_by)
  values (known.category, effect_at, floor, checked_reason, audit_private.recorded_by());
  perform audit_private.write_system_event(
    tenant_id => '00000000-0000-0000-0000-000000000000',
    action => 'retention_set',
    entity_type => 'audit_retention',
    entity_id => known.category,
    description => format('Events of category %s are kept %s, from %s on', known.category,
      coalesce(format('at least %s days', floor), 'as long as each tenant''s policy says'),
      to_char(effect_at, 'YYYY-MM-DD HH24:MI TZH:TZM')),
    metadata => jsonb_build_object('reason', checked_reason, 'takes_effect_at', effect_at),
    changes => jsonb_build_object('floor_days', jsonb_build_object('old', known.days, 'new', floor)));
  return effect_at;
end
$$;

ALTER FUNCTION audit.set_retention_floor(category text, days integer, reason text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.set_retention_floor(category text, days integer, reason text) IS 'keeps the events of a category at least that many days, whatever a tenant''s policy says; null for no floor. Returns when it takes effect, null when it changed nothing; for audit_operator; raises WT021, WT022 and WT110';

CREATE FUNCTION audit.set_toggles(toggles jsonb, reason text DEFAULT NULL::text, tenant_id uuid DEFAULT NULL::uuid) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  tenant constant uuid := audit_private.require_tenant(set_toggles.tenant_id);
  checked_reason text;
  logged_before text[];
  silenced text[];
  turned integer := 0;
  turned_off text[] := '{}';
  turn record;
begin
  perform audit_private.require_read_committed();
  perform audit_private.check_toggles(set_toggles.toggles);
  if set_toggles.reason is not null then
    checked_reason := audit_private.check_reason(set_toggles.reason);
  end if;
  perform from audit_private.tenant t where t.tenant_id = tenant for no key update;
  logged_before := array(
    select d.action from audit_private.logging_decision d where d.tenant_id = tenant and d.is_logged);

  for turn in
    select 'logging_toggled' as action, null as code, t.is_logging_enabled as old,
      (set_toggles.toggles -> 'logging')::boolean as new
    from audit_private.tenant t
    where t.tenant_id = tenant and set_toggles.toggles ? 'logging'
    union all
    select 'category_logging_toggled', g.key, k.is_enabled, nullif(g.value, 'null')::boolean
    from jsonb_each(coalesce(set_toggles.toggles -> 'categories', '{}')) as g (key, value)
    left join audit_private.category_toggle k on k.tenant_id = tenant and k.category = g.key
    union all
    select 'action_logging_toggled', o.key, k.is_enabled, nullif(o.value, 'null')::boolean
    from jsonb_each(coalesce(set_toggles.toggles -> 'actions', '{}')) as o (key, value)
    left join audit_private.action_toggle k on k.tenant_id = tenant and k.action = o.key
  loop
    continue when turn.old is not distinct from turn.new;
    turned := turned + 1;
    if not turn.new then
      turned_off := turned_off || coalesce(turn.code, 'all logging');
    end if;
    perform audit_private.store_toggle(tenant, turn.action, turn.code, turn.new);
    perform audit_private.write_system_event(
      tenant_id => tenant,
      action => turn.action,
      entity_type => 'audit_toggle',
      entity_id => turn.code,
      description => format('%s %s',
        coalesce('Logging of ' || turn.code, 'All logging'),
        case turn.new when true then 'turned on' when false then 'turned off' else 'follows its default again' end),
      metadata => jsonb_strip_nulls(jsonb_build_object('reason', checked_reason)),
      changes => jsonb_build_object('enabled', jsonb_build_object('old', turn.old, 'new', turn.new)));
  end loop;

  silenced := array(
    select d.action from audit_private.logging_decision d
    where d.tenant_id = tenant and not d.is_logged and d.action = any (logged_before)
    order by d.action);
  if checked_reason is null and turned_off || silenced <> '{}' then
    raise exception using
      errcode = 'WT021',
      message = 'turning off needs a reason',
      detail = format('Turned off: %s. Falling silent: %s.',
        coalesce(nullif(array_to_string(turned_off, ', '), ''), 'nothing'),
        coalesce(nullif(array_to_string(silenced[1:10], ', '), ''), 'nothing')
          || case when cardinality(silenced) > 10 then ', …' else '' end),
      hint = 'Say why in 10 to 500 characters: reason => ''…''. Nothing was changed.';
  end if;
  perform audit_private.release_tenant();
  return turned;
end
$$;

ALTER FUNCTION audit.set_toggles(toggles jsonb, reason text, tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.set_toggles(toggles jsonb, reason text, tenant_id uuid) IS 'turns any number of toggles: {"logging": true, "categories": {"user_actions": false}, "actions": {"user_created": null}}; null removes a setting; returns how many changed; needs a reason when anything is turned off; for audit_admin';

CREATE FUNCTION audit.take_export(export_id uuid, tenant_id uuid DEFAULT NULL::uuid) RETURNS TABLE(taken_id uuid, statement text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  tenant uuid;
  session audit_private.access_session;
  taken audit_private.export;
begin
  perform audit_private.require_read_committed();
  tenant := audit_private.require_tenant(take_export.tenant_id);
  session := audit_private.require_access(tenant);
  taken := audit_private.find_export(tenant, take_export.export_id);
  perform from audit_private.tenant t where t.tenant_id = tenant for no key update;
  if not audit_private.may_export(tenant) then
    perform audit_private.release_tenant();
    return;
  end if;
  select * into taken
  from audit_private.export x
  where x.tenant_id = tenant and x.export_id = taken.export_id
  for no key update;
  if not taken.is_straight and (
    audit_private.export_state(taken) = 'pending' and audit_private.exports_left(tenant) > 0
    or audit_private.export_state(taken) = 'running' and taken.process_id is not null and not audit_private.has_worker(taken)
  ) then
    update audit_private.export x
    set state = 'running',
      started_at = clock_timestamp(),
      noted_at = clock_timestamp(),
      process_id = pg_backend_pid(),
      incarnation = audit_private.current_incarnation(),
      rows = 0,
      bytes = 0
    where x.tenant_id = tenant and x.export_id = taken.export_id
    returning * into taken;
    perform audit_private.write_export_event(
      taken, 'taken', 'Began to write an export of the log into a file', session,
      jsonb_build_object('read_number', nextval('audit_private.read_number')));
    taken_id := taken.export_id;
    statement := audit_private.export_statement(taken);
    return next;
  end if;
  perform audit_private.release_tenant();
end
$$;

ALTER FUNCTION audit.take_export(export_id uuid, tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.take_export(export_id uuid, tenant_id uuid) IS 'Takes an export that waits, to write it into a file: the COPY statement that streams it, as audit.begin_export gives it; no row when it doesn''t wait, or two of the tenant are running. Tell how far it is with audit.note_export, and how it ended with audit.finish_export. Needs an open access session, and is logged. Raises WT030, WT031, WT032, WT035, WT036, WT121 and WT122.';

CREATE FUNCTION audit.unschedule_jobs(reason text) RETURNS integer
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  scheduler constant name := 'cron';
  removed integer := 0;
begin
  perform audit_private.note_schedule(current_user, is_scheduled => false, reason => reason);
  if exists (select from pg_extension e where e.extname = 'pg_cron') then
    execute format(
      'select count(%1$I.unschedule(j.jobid)) from %1$I.job j '
      'where starts_with(j.jobname, ''pgwitness: '') and j.database = current_database()', scheduler)
    into removed;
  end if;
  return removed;
end
$_$;

ALTER FUNCTION audit.unschedule_jobs(reason text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.unschedule_jobs(reason text) IS 'takes the jobs that the current role has handed to pg_cron back, and says how many; a superuser takes everybody''s; as schedule_jobs';

CREATE FUNCTION audit.unwatch(relation regclass, reason text, entity_type text DEFAULT NULL::text) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lock_timeout TO '10s'
    AS $$
declare
  known constant text := audit_private.prepare_unwatch(relation, reason, entity_type);
  operation text;
begin
  if known is null then
    return false;
  end if;
  if relation is not null then
    foreach operation in array '{insert,update,delete,truncate}'::text[] loop
      execute format('drop trigger if exists pgwitness_%s on %s', operation, relation);
    end loop;
  end if;
  perform audit_private.finish_unwatch(known);
  return true;
exception when lock_not_available then
  raise exception using
    errcode = 'WT084',
    message = format('table %s is in use', relation),
    detail = 'A transaction that uses it has been open for more than 10 seconds.',
    hint = 'Try again; select pid, usename, xact_start from pg_stat_activity where state = ''idle in transaction'';';
end
$$;

ALTER FUNCTION audit.unwatch(relation regclass, reason text, entity_type text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.unwatch(relation regclass, reason text, entity_type text) IS 'captures a table''s changes no longer; its history stays; false when it wasn''t watched; for its owner, with audit_operator; of a table that was dropped, give null and the entity type';

CREATE FUNCTION audit.verify_checkpoint(origin text, tree_size bigint, root_hash bytea) RETURNS SETOF audit_private.finding
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  known constant audit_private.epoch := (
    select e from audit_private.epoch e where audit_private.log_origin(e.epoch) = verify_checkpoint.origin);
  next constant audit_private.epoch := (
    select e from audit_private.epoch e
    where e.epoch > known.epoch and e.log_size < verify_checkpoint.tree_size
    order by e.epoch
    limit 1);
  size constant bigint := (select s.log_size from audit_private.sealing s);
  finding audit_private.finding;
begin
  finding.occurred_at := next.last_sealed_at;
  if known.epoch is null then
    finding.kind := 'foreign';
    finding.detail := format('the log has never been called %s', coalesce(verify_checkpoint.origin, 'nothing'));
  elsif verify_checkpoint.tree_size >= 0 is not true then
    finding.kind := 'foreign';
    finding.detail := format('no log has %s seals', coalesce(verify_checkpoint.tree_size::text, 'an unknown number of'));
  elsif next.epoch is not null then
    finding.kind := case when next.accepted_at is null then 'cut_tail' else 'restored' end;
    finding.detail := format('seals %s to %s are lost: the log went back to the state of %s', next.log_size + 1,
        verify_checkpoint.tree_size, coalesce(next.last_sealed_at::text, 'before its first seal'))
      || case when next.accepted_at is null then ', which nobody has accepted'
        else format(', declared by %s at %s: %s', next.accepted_by, next.accepted_at, next.accept_reason) end;
  elsif verify_checkpoint.tree_size > size then
    finding.kind := 'cut_tail';
    finding.detail := format('the checkpoint knows %s seals, and the log has %s', verify_checkpoint.tree_size, size);
  elsif audit_private.log_hash(0, verify_checkpoint.tree_size) is distinct from verify_checkpoint.root_hash then
    finding.kind := 'rewritten';
    finding.detail := format('the first %s seals are not those of the checkpoint', verify_checkpoint.tree_size);
  else
    return;
  end if;
  return next finding;
end
$$;

ALTER FUNCTION audit.verify_checkpoint(origin text, tree_size bigint, root_hash bytea) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.verify_checkpoint(origin text, tree_size bigint, root_hash bytea) IS 'Whether the log still holds what a checkpoint says: no row when it does. Kinds: cut_tail, rewritten, restored (declared with accept_restore) and foreign (another log''s). For audit_operator and audit_auditor.';

CREATE FUNCTION audit.verify_events(from_time timestamp with time zone DEFAULT NULL::timestamp with time zone, until_time timestamp with time zone DEFAULT NULL::timestamp with time zone, tenant_id uuid DEFAULT NULL::uuid) RETURNS SETOF audit_private.finding
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  tenant constant uuid := audit_private.listed_tenant(verify_events.tenant_id);
  since constant timestamptz := coalesce(verify_events.from_time, '-infinity');
  is_open constant boolean := verify_events.from_time is null or verify_events.until_time is null;
  until constant timestamptz := coalesce(verify_events.until_time, 'infinity');
begin
  perform audit_private.lock_partitions(since, until);
  return query
  select t.* from audit_private.verify_time(tenant, since, until) t
  union all
  select s.* from audit_private.verify_standing(tenant) s where is_open;
  perform audit_private.release_tenant();
end
$$;

ALTER FUNCTION audit.verify_events(from_time timestamp with time zone, until_time timestamp with time zone, tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.verify_events(from_time timestamp with time zone, until_time timestamp with time zone, tenant_id uuid) IS 'What is wrong with the events of a time, their seals and the log: no row when nothing is. Kinds: changed_event, missing_event, extra_event, unsealed, reordered, broken_chain, missing_seal, missing_list, cut_tail, early_purge, unexplained_purge, unexplained_erasure, dangling_hold and untold_setting; the last two, and what concerns the log as a whole, where a bound is left open. Of every tenant for audit_operator and audit_auditor, of their own for audit_admin. Raises WT037.';

CREATE FUNCTION audit.watch(relation regclass, entity_type text, tenant_column text DEFAULT NULL::text, label_column text DEFAULT NULL::text, columns text[] DEFAULT NULL::text[], redact_columns text[] DEFAULT '{}'::text[], ignore_columns text[] DEFAULT '{}'::text[], category text DEFAULT NULL::text, level text DEFAULT 'statement'::text, on_error text DEFAULT 'refuse'::text, keep_deleted_values boolean DEFAULT NULL::boolean, reason text DEFAULT NULL::text) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lock_timeout TO '10s'
    AS $$
declare
  statement text;
  is_changed boolean := audit_private.prepare_watch(
    relation, entity_type, tenant_column, label_column, columns, redact_columns, ignore_columns, category, level,
    on_error, keep_deleted_values, reason);
begin
  for statement in select * from audit_private.capture_triggers(relation, entity_type) loop
    execute statement;
    is_changed := true;
  end loop;
  perform audit_private.finish_watch(entity_type);
  return is_changed;
exception when lock_not_available then
  raise exception using
    errcode = 'WT084',
    message = format('table %s is in use', relation),
    detail = 'A transaction that writes to it has been open for more than 10 seconds.',
    hint = 'Try again; select pid, usename, xact_start from pg_stat_activity where state = ''idle in transaction'';';
end
$$;

ALTER FUNCTION audit.watch(relation regclass, entity_type text, tenant_column text, label_column text, columns text[], redact_columns text[], ignore_columns text[], category text, level text, on_error text, keep_deleted_values boolean, reason text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit.watch(relation regclass, entity_type text, tenant_column text, label_column text, columns text[], redact_columns text[], ignore_columns text[], category text, level text, on_error text, keep_deleted_values boolean, reason text) IS 'captures a table''s changes from now on; run again after alter table, or to change how; true when that changed anything; for its owner, with audit_operator; raises WT090, and WT021 where it would record less without a reason';

CREATE FUNCTION audit_private.access_expiry(opened_at timestamp with time zone, last_used_at timestamp with time zone, closed_at timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select least(
    access_expiry.last_used_at + interval '1 hour',
    access_expiry.opened_at + interval '8 hours',
    access_expiry.closed_at
  )
$$;

ALTER FUNCTION audit_private.access_expiry(opened_at timestamp with time zone, last_used_at timestamp with time zone, closed_at timestamp with time zone) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.access_expiry(opened_at timestamp with time zone, last_used_at timestamp with time zone, closed_at timestamp with time zone) IS 'when an access session ends: an hour after its last use, 8 hours after its opening, or when closed';

CREATE FUNCTION audit_private.actor_id_digest(e audit_private.event) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  select audit_private.group_digest(
    e.actor_id_digest, audit_private.group_salt(e.salt, e.derived_salts, 'actor_id', 1), 'actor_id',
    audit_private.counted_text(e.actor_id))
$$;

ALTER FUNCTION audit_private.actor_id_digest(e audit_private.event) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.actor_id_digest(e audit_private.event) IS 'what a leaf knows of an event''s actor_id';

CREATE FUNCTION audit_private.add_next_partition() RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  horizon timestamptz;
  needed timestamptz;
begin
  perform audit_private.lock_catalogue();
  select now() + o.value::integer * interval '1 week' into horizon
  from audit_private.option o
  where o.name = 'partitions_ahead_weeks';
  needed := audit_private.partitions_end(now() - interval '24 hours');
  if needed > horizon then
    perform audit_private.note_partitions_end();
    return null;
  end if;
  return audit_private.add_partition(needed);
end
$$;

ALTER FUNCTION audit_private.add_next_partition() OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.add_next_partition() IS 'makes the next partition ahead and returns its name; null when there are enough; a step of maintain_partitions';

CREATE FUNCTION audit_private.add_partition(moment timestamp with time zone) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    SET default_tablespace TO ''
    SET default_table_access_method TO 'heap'
    AS $$
declare
  width text;
  lower_bound timestamptz;
  upper_bound timestamptz;
  partition_name text;
begin
  perform audit_private.lock_catalogue();
  select o.value into width from audit_private.option o where o.name = 'partition_width';
  select
    greatest(date_trunc(width, add_partition.moment), max(p.until_time) filter (where p.until_time <= add_partition.moment)),
    least(
      date_trunc(width, add_partition.moment) + ('1 ' || width)::interval,
      min(p.from_time) filter (where p.from_time > add_partition.moment))
  into lower_bound, upper_bound
  from audit_private.event_partitions() p
  having not coalesce(bool_or(add_partition.moment >= p.from_time and add_partition.moment < p.until_time), false);
  if lower_bound is null then
    return null;
  end if;

  partition_name := 'event_' || to_char(lower_bound, 'YYYYMMDD');
  execute format('create table audit_private.%I (like audit_private.event including all)', partition_name);
  execute format('comment on table audit_private.%I is %L', partition_name,
    format('events from %s until %s', to_char(lower_bound, 'YYYY-MM-DD'), to_char(upper_bound, 'YYYY-MM-DD')));
  perform audit_private.guard_partition(partition_name);
  execute format(
    'alter table audit_private.event attach partition audit_private.%I for values from (%L) to (%L)',
    partition_name, lower_bound, upper_bound);
  perform audit_private.note_partitions_end();
  return partition_name;
end
$$;

ALTER FUNCTION audit_private.add_partition(moment timestamp with time zone) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.add_partition(moment timestamp with time zone) IS 'makes the partition that holds a moment and returns its name; null when there is one';

CREATE FUNCTION audit_private.add_partitions(moments timestamp with time zone[]) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  moment timestamptz;
  added integer := 0;
begin
  if cardinality(add_partitions.moments) = 0 then
    return 0;
  end if;
  for moment in
    select distinct on (date_trunc('day', m.moment, 'UTC')) m.moment
    from unnest(add_partitions.moments) as m (moment)
    where m.moment between timestamptz 'epoch' and now() + interval '1 day'
      and not exists (
        select from audit_private.event_partitions() p
        where m.moment >= p.from_time and m.moment < p.until_time
      )
  loop
    added := added + (audit_private.add_partition(moment) is not null)::integer;
    if added > 520 then
      raise exception using
        errcode = 'WT016',
        message = 'one import can''t make more than 520 partitions',
        detail = 'Its events lie too far apart.',
        hint = 'Import fewer events at a time, oldest first; or an operator sets the option partition_width to month.';
    end if;
  end loop;
  return added;
end
$$;

ALTER FUNCTION audit_private.add_partitions(moments timestamp with time zone[]) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.add_partitions(moments timestamp with time zone[]) IS 'makes the partitions that these moments of the past need; returns how many';

CREATE FUNCTION audit_private.batch_events(events jsonb) RETURNS TABLE(action text, entity_type text, entity_id text, description text, metadata jsonb, target jsonb, changes jsonb, outcome text, error_message text, occurred_at timestamp with time zone, idempotency_key text, actor_id text, actor_type text, actor jsonb, ip inet, user_agent text, request_id text, id uuid, index bigint)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  select
    e.action, e.entity_type, e.entity_id, e.description, nullif(e.metadata, 'null'),
    case
      when e.target <> 'null'
        then nullif(e.target, pg_catalog.jsonb_build_object('type', e.entity_type, 'id', e.entity_id))
    end,
    nullif(e.changes, 'null'), coalesce(e.outcome, 'success'), e.error_message, e.occurred_at,
    e.idempotency_key, e.actor_id, e.actor_type, nullif(e.actor, 'null'), e.ip, e.user_agent, e.request_id,
    e.id, e.index - 1
  from rows from (
    pg_catalog.jsonb_to_recordset(events) as (
      action text,
      entity_type text,
      entity_id text,
      description text,
      metadata jsonb,
      target jsonb,
      changes jsonb,
      outcome text,
      error_message text,
      occurred_at timestamptz,
      idempotency_key text,
      actor_id text,
      actor_type text,
      actor jsonb,
      ip inet,
      user_agent text,
      request_id text,
      id uuid
    )
  ) with ordinality as e (
    action, entity_type, entity_id, description, metadata, target, changes, outcome, error_message, occurred_at,
    idempotency_key, actor_id, actor_type, actor, ip, user_agent, request_id, id, index
  )
$$;

ALTER FUNCTION audit_private.batch_events(events jsonb) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.batch_events(events jsonb) IS 'the events of a JSON array as rows, with their index';

CREATE FUNCTION audit_private.batch_times(events jsonb) RETURNS timestamp with time zone[]
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    SET "DateStyle" TO 'ISO, YMD'
    AS $$
declare
  given text;
  times timestamptz[];
begin
  begin
    return array(
      select distinct (e.value ->> 'occurred_at')::timestamptz
      from jsonb_array_elements(batch_times.events) as e (value)
      where e.value ? 'occurred_at'
    );
  exception when data_exception then
    for given in
      select distinct e.value ->> 'occurred_at' from jsonb_array_elements(batch_times.events) as e (value)
    loop
      begin
        times := times || given::timestamptz;
      exception when data_exception then
        continue;
      end;
    end loop;
    return times;
  end;
end
$$;

ALTER FUNCTION audit_private.batch_times(events jsonb) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.batch_times(events jsonb) IS 'the times in a batch, without those that are none';

CREATE FUNCTION audit_private.begin_erasure(tenant_id uuid, kind text, reason text, names text[] DEFAULT '{}'::text[], patterns text[] DEFAULT '{}'::text[]) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  checked_reason constant text := audit_private.check_reason(begin_erasure.reason);
  caller record;
  begun uuid;
begin
  perform audit_private.require_writable();
  perform audit_private.require_read_committed();
  if checked_reason ilike any (begin_erasure.patterns) then
    perform audit_private.refuse_erasure(
      'The reason holds what is to be erased, and is kept.',
      'Name the request instead, such as: reason => ''Request 2026-114 for erasure, approved by the DPO''.');
  end if;
  select a.*, concat_ws(E'\n', audit_private.texts_within(a.actor), current_setting('pgwitness.ip', true),
    current_setting('pgwitness.user_agent', true), current_setting('pgwitness.request_id', true)) as texts
  into caller
  from audit_private.current_actor() a;
  if lower(caller.actor_id) = any (begin_erasure.names) or caller.texts ilike any (begin_erasure.patterns) then
    perform audit_private.refuse_erasure(
      'The context holds what is to be erased, and the event of the erasure is told with it.',
      'Nobody erases themselves: somebody else has to, or the context has to be set without it.');
  end if;
  perform from audit_private.tenant t where t.tenant_id = begin_erasure.tenant_id for no key update;
  insert into audit_private.erasure (tenant_id, kind, reason, requested_by)
  values (begin_erasure.tenant_id, begin_erasure.kind, checked_reason, audit_private.recorded_by())
  returning erasure_id into begun;
  return begun;
end
$$;

ALTER FUNCTION audit_private.begin_erasure(tenant_id uuid, kind text, reason text, names text[], patterns text[]) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.begin_erasure(tenant_id uuid, kind text, reason text, names text[], patterns text[]) IS 'notes an erasure and gives its id; raises WT021, WT036, WT037 and WT140';

CREATE FUNCTION audit_private.begin_exports(process_id integer) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  begun uuid;
begin
  begin
    update audit_private.job_run r
    set result = 'running',
      started_at = clock_timestamp(),
      last_step_at = clock_timestamp(),
      finished_at = null,
      detail = null,
      process_id = begin_exports.process_id,
      run_by = audit_private.recorded_by()
    where r.run_id = (
      select i.run_id
      from audit_private.job_run i
      where i.job_name = 'run_exports' and i.result = 'succeeded' and i.detail = 'nothing to do'
      order by i.started_at desc
      limit 1
    )
    and r.result = 'succeeded'
    returning r.run_id into begun;
  exception when unique_violation then
    begun := null;
  end;
  return coalesce(begun, audit_private.begin_run('run_exports', begin_exports.process_id));
end
$$;

ALTER FUNCTION audit_private.begin_exports(process_id integer) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.begin_exports(process_id integer) IS 'begins a run of run_exports; null when one is under way; its first step';

CREATE FUNCTION audit_private.begin_run(job_name text, process_id integer) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  begun uuid;
begin
  update audit_private.job_run r
  set result = 'interrupted',
    finished_at = clock_timestamp(),
    place = r.place - 'after',
    detail = format('its server process %s ended after the step of %s', r.process_id, r.last_step_at)
  where r.job_name = begin_run.job_name
    and r.result = 'running'
    and (
      r.last_step_at < clock_timestamp() - interval '1 hour'
      or r.process_id = begin_run.process_id
      or not exists (select from pg_stat_activity a where a.pid = r.process_id)
    );
  insert into audit_private.job_run (job_name, process_id, run_by)
  values (begin_run.job_name, begin_run.process_id, audit_private.recorded_by())
  on conflict do nothing
  returning run_id into begun;
  if begun is null then
    raise notice '% is running already', begin_run.job_name;
  end if;
  return begun;
end
$$;

ALTER FUNCTION audit_private.begin_run(job_name text, process_id integer) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.begin_run(job_name text, process_id integer) IS 'begins a run of a job; null when one is under way; the first step of each job''s procedure';

CREATE FUNCTION audit_private.bind_roles() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  touched constant name := coalesce(new.role_name, old.role_name);
begin
  perform audit_private.lock_catalogue();
  insert into audit_private.role_binding
    (role_name, is_service, tenant_ids, entity_types, transaction_offset, events_until, recorder)
  select touched,
    exists (select from audit_private.service_grant s where s.role_name = touched),
    array(select g.tenant_id from audit_private.tenant_grant g where g.role_name = touched order by g.tenant_id),
    array(select t.entity_type from audit_private.entity_type t order by t.entity_type),
    i.transaction_offset, i.events_until, audit_private.quoted_role(touched)
  from audit_private.instance i
  on conflict (role_name) do update
  set is_service = excluded.is_service, tenant_ids = excluded.tenant_ids;

  delete from audit_private.role_binding b
  where b.role_name = touched and not b.is_service and b.tenant_ids = '{}';
  return null;
end
$$;

ALTER FUNCTION audit_private.bind_roles() OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.bind_roles() IS 'trigger: keeps role_binding equal to the grants';

CREATE FUNCTION audit_private.capture_action(entity_type text, operation text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select capture_action.entity_type || case capture_action.operation
    when 'INSERT' then '_created' when 'UPDATE' then '_updated' when 'DELETE' then '_deleted' else '_truncated'
  end
$$;

ALTER FUNCTION audit_private.capture_action(entity_type text, operation text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.capture_action(entity_type text, operation text) IS 'the action that tells of an operation on a watched table';

CREATE TABLE audit_private.watched_table (
    entity_type text NOT NULL,
    schema_name text NOT NULL,
    table_name text NOT NULL,
    tenant_column text,
    tenant_column_number smallint,
    label_column text,
    allowed_columns text[],
    redact_columns text[] NOT NULL,
    ignore_columns text[] NOT NULL,
    known_columns text[] NOT NULL,
    known_numbers smallint[] NOT NULL,
    level text NOT NULL,
    on_error text NOT NULL,
    keep_deleted_values boolean NOT NULL,
    function_digest text NOT NULL,
    watched_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    watched_by text NOT NULL,
    unwatched_at timestamp with time zone,
    CONSTRAINT watched_table_level_check CHECK ((level = ANY (ARRAY['statement'::text, 'row'::text]))),
    CONSTRAINT watched_table_on_error_check CHECK ((on_error = ANY (ARRAY['refuse'::text, 'spool'::text])))
);

ALTER TABLE audit_private.watched_table OWNER TO audit_owner;

COMMENT ON TABLE audit_private.watched_table IS 'tables whose changes are captured; the entity type is the identity of their history, whatever becomes of the name';

COMMENT ON COLUMN audit_private.watched_table.entity_type IS 'entity type of their events';

COMMENT ON COLUMN audit_private.watched_table.schema_name IS 'schema of the table when it was last watched';

COMMENT ON COLUMN audit_private.watched_table.table_name IS 'name of the table when it was last watched';

COMMENT ON COLUMN audit_private.watched_table.tenant_column IS 'column with the tenant; null when the context says it';

COMMENT ON COLUMN audit_private.watched_table.tenant_column_number IS 'its number, by which a renamed one is found again';

COMMENT ON COLUMN audit_private.watched_table.label_column IS 'column that names a row to people';

COMMENT ON COLUMN audit_private.watched_table.allowed_columns IS 'the only columns with values in events; null when all that were known';

COMMENT ON COLUMN audit_private.watched_table.redact_columns IS 'columns whose values are never stored';

COMMENT ON COLUMN audit_private.watched_table.ignore_columns IS 'columns that are left out';

COMMENT ON COLUMN audit_private.watched_table.known_columns IS 'columns that the table had; of one added since, only that it changed is recorded';

COMMENT ON COLUMN audit_private.watched_table.known_numbers IS 'their numbers, by which a column that has taken another''s name is told from it';

COMMENT ON COLUMN audit_private.watched_table.level IS 'triggers fire once a statement or once a row';

COMMENT ON COLUMN audit_private.watched_table.on_error IS 'refuse the write, or spool what could not be logged';

COMMENT ON COLUMN audit_private.watched_table.keep_deleted_values IS 'whether a delete records the row''s values, or its key and label alone';

COMMENT ON COLUMN audit_private.watched_table.function_digest IS 'SHA-256 of the generated function, in hexadecimal';

COMMENT ON COLUMN audit_private.watched_table.watched_at IS 'when it was last watched';

COMMENT ON COLUMN audit_private.watched_table.watched_by IS 'login and SET ROLE role that did';

COMMENT ON COLUMN audit_private.watched_table.unwatched_at IS 'since when it isn''t watched any more; its history stays';

CREATE FUNCTION audit_private.capture_columns(watched audit_private.watched_table, relation regclass) RETURNS TABLE(name text, place integer, is_key boolean, treatment text, old_value text, new_value text, is_changed text)
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET quote_all_identifiers TO 'off'
    AS $_$
  select a.attname::text, a.attnum::integer, k.is_key,
    case
      when k.is_key then 'value'
      when a.attname = any (watched.ignore_columns) then 'left out'
      when a.attname = any (watched.redact_columns) then 'redacted'
      when a.attname <> all (watched.allowed_columns) then 'left out'
      when a.attname <> all (watched.known_columns) then 'not watched yet'
      else 'value'
    end,
    format(f.value_format, 'o', a.attname),
    format(f.value_format, 'n', a.attname),
    format(
      case when t.is_exact then 'o.%1$I is distinct from n.%1$I' else 'record_image_ne(row(o.%1$I), row(n.%1$I))' end, a.attname)
  from pg_attribute a
  cross join lateral audit_private.column_kind(a.atttypid, a.attcollation) t
  cross join lateral (
    select a.attname = any (audit_private.key_columns(capture_columns.relation)) as is_key
  ) k
  cross join lateral (
    select case when t.is_printed then 'case when num_nulls(%s.%I) = 0 then concat(%1$s.%2$I) end' else '%s.%I' end as value_format
  ) f
  where a.attrelid = capture_columns.relation and a.attnum > 0 and not a.attisdropped and a.attgenerated <> 'v'
$_$;

ALTER FUNCTION audit_private.capture_columns(watched audit_private.watched_table, relation regclass) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.capture_columns(watched audit_private.watched_table, relation regclass) IS 'how each column of a watched table is captured, with the expressions for it';

CREATE FUNCTION audit_private.capture_digest(entity_type text) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select encode(sha256(convert_to(
    jsonb_build_array(p.prosrc, p.proconfig, p.prosecdef, p.proowner::regrole::text, p.prorettype::regtype::text)::text,
    'UTF8')), 'hex')
  from pg_proc p
  where p.pronamespace = 'audit_private'::regnamespace and p.proname = 'on_' || capture_digest.entity_type
    and p.pronargs = 0
$$;

ALTER FUNCTION audit_private.capture_digest(entity_type text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.capture_digest(entity_type text) IS 'digest of the generated function of an entity type, to tell whether somebody changed it; null when there is none';

CREATE FUNCTION audit_private.capture_function(watched audit_private.watched_table, relation regclass) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET quote_all_identifiers TO 'off'
    AS $_$
  select audit_private.fill_template($template$<<capture>>
declare
  is_altered boolean;
  is_plain boolean;
  is_logged boolean;
  payload_limit integer;
  tenant uuid;
  moment timestamptz;
  id_prefix text;
  transaction_number bigint;
  recorder text;
  acting_id text;
  acting_type text;
  acting jsonb;
  context text[];
  ip inet;
  user_agent text;
  request_id text;
  failure text;
begin
«begin»
  if «relation» <> «oid» or not audit_private.has_columns('«oid»'::regclass, «digest», true) then
    capture.is_altered := «relation» = «oid» or not audit_private.has_columns(«relation»::regclass, «restored_digest», false);
  end if;
«question»
  capture.moment := clock_timestamp();
  select audit_private.event_id_prefix(capture.moment), b.transaction_offset + txid_current(), b.recorder,
    b.role_name::text, 'database_role'
  into capture.id_prefix, capture.transaction_number, capture.recorder, capture.acting_id, capture.acting_type
  from audit_private.role_binding b
  where b.role_name = session_user
    and b.events_until > case
      when capture.is_plain and current_setting('role') = 'none' and current_setting('session_replication_role') <> 'replica'
        then capture.moment
    end;
  if not found then
    if current_setting('session_replication_role') = 'replica' and audit_private.is_apply_worker() then
      return null;
    end if;
    if tg_op = 'DELETE' then
      if not exists (select from «old_rows» r) then
        return null;
      end if;
    elsif tg_op <> 'TRUNCATE' then
      if not exists (select from «new_rows» r) then
        return null;
      end if;
    end if;
«unbound»
    capture.recorder := audit_private.recorded_by();
    capture.acting_id := audit_private.effective_role();
    capture.acting_type := 'database_role';
    select audit_private.event_id_prefix(capture.moment), i.transaction_offset + txid_current()
    into capture.id_prefix, capture.transaction_number
    from audit_private.instance i
    where capture.moment < i.events_until;
    if not found then
      perform audit_private.refuse_capture(
        capture.tenant, audit_private.capture_action(«entity_type», tg_op), «entity_type», null, capture.moment);
    end if;
  end if;

  capture.context := array[
    current_setting('pgwitness.actor_id', true), current_setting('pgwitness.actor_type', true),
    current_setting('pgwitness.actor', true), current_setting('pgwitness.ip', true),
    current_setting('pgwitness.user_agent', true), current_setting('pgwitness.request_id', true)];
  if array_to_string(capture.context, '') <> '' then
    capture.ip := nullif(capture.context[4], '')::inet;
    capture.user_agent := left(nullif(capture.context[5], ''), 1000);
    capture.request_id := left(nullif(capture.context[6], ''), 500);
    if array_to_string(capture.context[1:3], '') <> '' and pg_has_role(audit_private.effective_role(), 'audit_app', 'usage') then
      capture.acting_id := nullif(capture.context[1], '');
      capture.acting := nullif(capture.context[3], '')::jsonb;
      capture.acting_type := coalesce(nullif(capture.context[2], ''), 'user');
      if capture.acting_type not in ('user', 'system', 'api_key', 'database_role')
        or jsonb_typeof(capture.acting) <> 'object'
        or length(capture.acting_id) > 500
      then
        perform audit_private.refuse_actor(capture.acting_type, capture.acting);
      elsif length(capture.context[3]) > 10000 then
        capture.acting := jsonb_build_object('_cut', octet_length(capture.context[3]));
      elsif capture.acting_type = 'database_role' and capture.acting_id is null then
        capture.acting_id := audit_private.effective_role();
      end if;
    end if;
  end if;

  if tg_op = 'INSERT' and capture.is_plain then
    «insert»;
  elsif tg_op = 'UPDATE' and capture.is_plain then
«update»
    if current_setting('pgwitness.moved', true) = 'yes' then
      perform set_config('pgwitness.moved', '', true);
      execute audit_private.rare_statement(«entity_type», tg_relid::regclass, tg_op, 'moved', true)
      using «values»;
    end if;
  elsif tg_op = 'DELETE' and capture.is_plain then
    «delete»;
  elsif tg_op = 'TRUNCATE' then
    «truncate»;
  else
    execute audit_private.rare_statement(«entity_type», tg_relid::regclass, tg_op, 'careful', capture.is_altered is not true)
    using «values»;
  end if;
«exception»
  return null;
end
$template$,
    jsonb_build_object(
      'entity_type', quote_literal(watched.entity_type),
      'relation', case
        when (select c.relkind = 'p' from pg_class c where c.oid = relation)
          then 'coalesce(pg_partition_root(tg_relid)::oid, tg_relid)'
        else 'tg_relid'
      end,
      'oid', relation::oid,
      'digest', quote_literal(audit_private.columns_digest(relation, true)),
      'restored_digest', quote_literal(audit_private.columns_digest(relation, false)),
      'question', audit_private.capture_question(watched),
      'old_rows', case watched.level when 'row' then '(select old.*)' else 'old_rows' end,
      'new_rows', case watched.level when 'row' then '(select new.*)' else 'new_rows' end,
      'unbound', case
        when watched.tenant_column is null then format(
          E'    if capture.tenant is null then\n'
          '      perform audit_private.refuse_write(null, audit_private.capture_action(%1$L, tg_op), %1$L);\n'
          '    end if;\n',
          watched.entity_type)
        else ''
      end,
      'truncate', audit_private.truncation_statement(watched),
      'insert', audit_private.plain_statement(watched, relation, 'INSERT'),
      'delete', audit_private.plain_statement(watched, relation, 'DELETE'),
      'update', case watched.level
        when 'row' then format('    %s;', audit_private.plain_statement(watched, relation, 'UPDATE', true))
        else format(
          E'    if exists (select from new_rows r offset 1) then\n    %s;\n    else\n    %s;\n    end if;',
          audit_private.plain_statement(watched, relation, 'UPDATE'),
          audit_private.plain_statement(watched, relation, 'UPDATE', true))
      end,
      'values', audit_private.rare_values(watched),
      'begin', case watched.on_error when 'spool' then 'begin' else '' end,
      'exception', case watched.on_error when 'spool' then audit_private.spool_handler(watched) else '' end))
$_$;

ALTER FUNCTION audit_private.capture_function(watched audit_private.watched_table, relation regclass) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.capture_function(watched audit_private.watched_table, relation regclass) IS 'the body of the trigger function that captures a table''s changes';

CREATE FUNCTION audit_private.capture_problems() RETURNS TABLE(entity_type text, state text, problem text, hint text)
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET quote_all_identifiers TO 'off'
    AS $$
  with watched as (
    select w as entry, w.entity_type, w.level, r.relation, c.relkind, c.relowner, c.relnamespace::regnamespace::text as schema_name,
      c.relname::text as table_name, p.oid as function_id, p.proowner as function_owner, p.prosrc,
      position(format('''%s''::regclass', r.relation::oid) in p.prosrc) > 0 as is_original
    from audit_private.watched_table w
    cross join lateral (select audit_private.watched_relation(w.entity_type) as relation) r
    left join pg_class c on c.oid = r.relation
    left join pg_proc p on p.pronamespace = 'audit_private'::regnamespace and p.proname = 'on_' || w.entity_type
    where w.unwatched_at is null
  )
  select w.entity_type, 'error', format('table %I.%I is gone', (w.entry).schema_name, (w.entry).table_name),
    format('select audit.unwatch(relation => null, reason => %L, entity_type => %L);', 'the table was dropped', w.entity_type)
  from watched w
  where w.relation is null
  union all
  select w.entity_type, 'error', 'its trigger function is not the one that watch made',
    case when w.function_owner <> 'audit_writer'::regrole
      then format('alter function audit_private.%I() owner to audit_writer; ', 'on_' || w.entity_type) else '' end
      || audit_private.watch_call(w.entry, w.relation)
  from watched w
  where w.relation is not null and audit_private.capture_digest(w.entity_type) is distinct from (w.entry).function_digest
  union all
  select w.entity_type, 'error', 'triggers are missing, disabled or not always fired',
    case when bool_or(t.statement ~ '^create') then audit_private.watch_call(w.entry, w.relation)
      else string_agg(t.statement || ';', ' ') end
  from watched w
  cross join lateral (
    select t as statement from audit_private.capture_triggers(w.relation, w.entity_type) t where w.function_id is not null
    union all
    select format('alter table %s enable always trigger %I', t.tgrelid::regclass, t.tgname)
    from pg_trigger t where t.tgfoid = w.function_id and t.tgparentid <> 0 and t.tgenabled <> 'A'
  ) t
  where w.relation is not null
  group by w.entity_type, w.entry, w.relation
  union all
  select w.entity_type, 'warning',
    'its columns have changed since it was watched: new ones are recorded as changed only, and each statement costs more',
    audit_private.watch_call(w.entry, w.relation)
  from watched w
  where w.relation is not null
    and position(audit_private.columns_digest(w.relation, w.is_original) in w.prosrc) = 0
  union all
  select w.entity_type, 'error', 'it has no key any more, so its rows can''t be written',
    format('alter table %s add primary key (…); or give it a replica identity; then %s', w.relation,
      audit_private.watch_call(w.entry, w.relation))
  from watched w
  where w.relation is not null and audit_private.key_columns(w.relation) is null
  union all
  select w.entity_type, 'warning', 'the database was restored since it was watched: each statement costs more',
    audit_private.watch_call(w.entry, w.relation)
  from watched w
  where not w.is_original and position(audit_private.columns_digest(w.relation, false) in w.prosrc) > 0
  union all
  select w.entity_type, 'warning', format('it was called %I.%I when it was watched', (w.entry).schema_name, (w.entry).table_name),
    audit_private.watch_call(w.entry, w.relation)
  from watched w
  where (w.schema_name, w.table_name) is distinct from ((w.entry).schema_name, (w.entry).table_name) and w.relation is not null
  union all
  select w.entity_type, 'error', format(
      'it has child tables, and rows of theirs that are changed through it are not seen row by row: %s',
      (select string_agg(h.inhrelid::regclass::text, ', ') from pg_inherits h where h.inhparent = w.relation)),
    replace(audit_private.watch_call(w.entry, w.relation), ', level => ''row''', '')
  from watched w
  where w.level = 'row' and w.relkind = 'r' and exists (select from pg_inherits h where h.inhparent = w.relation)
  union all
  select w.entity_type, 'error',
    format('%s may write to %s directly, past the triggers of %s',
      audit_private.grantee_name(g.grantee), t.relid::regclass, w.relation),
    format('revoke insert, update, delete, truncate on %s from %s;', t.relid::regclass, audit_private.grantee_name(g.grantee))
  from watched w
  cross join lateral (
    with recursive child as (
      select h.inhrelid as relid from pg_inherits h where h.inhparent = w.relation
      union all
      select h.inhrelid from child c join pg_inherits h on h.inhparent = c.relid
    )
    select c.relid from child c
  ) t
  join pg_class c on c.oid = t.relid
  cross join aclexplode(c.relacl) g
  join pg_roles r on not r.rolsuper and r.rolcanlogin and not pg_has_role(r.oid, w.relowner, 'usage')
    and (g.grantee = 0 or pg_has_role(r.oid, nullif(g.grantee, 0), 'usage'))
  where g.privilege_type = any (case
      when w.relkind = 'p' and w.level = 'row' then '{TRUNCATE}'::text[] else '{INSERT,UPDATE,DELETE,TRUNCATE}' end)
    and not exists (
      select from pg_trigger g join pg_proc p on p.oid = g.tgfoid
      where g.tgrelid = t.relid and w.level = 'statement' and p.pronamespace = 'audit_private'::regnamespace and p.proname ~ '^on_'
    )
  group by w.entity_type, w.relation, t.relid, g.grantee
  union all
  select w.entity_type, 'error',
    format('role %I acts for tenants and %s, so it can switch the triggers off', b.role_name,
      case when r.rolsuper then 'is a superuser' else 'owns the table' end),
    case when r.rolsuper then format('alter role %I nosuperuser;', b.role_name)
      else format('alter table %s owner to …; -- a role that the application does not use', w.relation) end
  from watched w
  join audit_private.role_binding b on true
  join pg_roles r on r.rolname = b.role_name and pg_has_role(r.oid, w.relowner, 'usage')
$$;

ALTER FUNCTION audit_private.capture_problems() OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.capture_problems() IS 'what keeps watched tables from being captured whole, with the SQL that mends it';

CREATE FUNCTION audit_private.capture_question(watched audit_private.watched_table) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET quote_all_identifiers TO 'off'
    AS $_$
  select audit_private.fill_template(
    case when watched.tenant_column is null then $context$
  select d.tenant_id, d.is_logged, d.payload_limit, capture.is_altered is not true
  into capture.tenant, capture.is_logged, capture.payload_limit, capture.is_plain
  from audit_private.role_binding b
  join audit_private.logging_decision d
    on d.tenant_id = coalesce(nullif(current_setting('pgwitness.tenant_id', true), '')::uuid, b.only_tenant_id)
    and d.action = «entity_type» || case tg_op
      when 'INSERT' then '_created' when 'UPDATE' then '_updated' when 'DELETE' then '_deleted' else '_truncated' end
  where b.role_name = audit_private.effective_role()
    and (b.is_service or d.tenant_id = any (b.tenant_ids));
  if not capture.is_logged then
    return null;
  end if;
$context$
    else $column$
  if tg_op = 'INSERT' and capture.is_altered is not true then
    «ask» «one_new»
    «of» «first_new» and d.action = «created»;
  elsif tg_op = 'UPDATE' and capture.is_altered is not true then
    «ask» «one_new» and «one_old»
    «of» «first_new» and d.action = «updated»;
  elsif tg_op = 'DELETE' and capture.is_altered is not true then
    «ask» «one_old»
    «of» «first_old» and d.action = «deleted»;
  end if;
  if capture.is_plain and not capture.is_logged then
    return null;
  end if;
$column$
    end,
    jsonb_build_object(
      'entity_type', quote_literal(watched.entity_type),
      'created', quote_literal(audit_private.capture_action(watched.entity_type, 'INSERT')),
      'updated', quote_literal(audit_private.capture_action(watched.entity_type, 'UPDATE')),
      'deleted', quote_literal(audit_private.capture_action(watched.entity_type, 'DELETE')),
      'ask', 'select d.tenant_id, d.is_logged, d.payload_limit,',
      'of', 'into capture.tenant, capture.is_logged, capture.payload_limit, capture.is_plain
    from audit_private.logging_decision d
    where d.tenant_id =',
      'first_new', format(t.first_row, 'new', quote_ident(watched.tenant_column)),
      'first_old', format(t.first_row, 'old', quote_ident(watched.tenant_column)),
      'one_new', format(t.is_one, 'new', quote_ident(watched.tenant_column)),
      'one_old', format(t.is_one, 'old', quote_ident(watched.tenant_column))))
  from (
    select
      case watched.level when 'row' then '%s.%s' else '(select r.%2$s from %1$s_rows r limit 1)' end as first_row,
      case watched.level
        when 'row' then '%s.%s is not distinct from d.tenant_id'
        else 'not exists (select from %1$s_rows r where r.%2$s is distinct from d.tenant_id)'
      end as is_one
  ) t
$_$;

ALTER FUNCTION audit_private.capture_question(watched audit_private.watched_table) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.capture_question(watched audit_private.watched_table) IS 'PL/pgSQL with which a generated function finds out whose rows these are and whether they are logged';

CREATE FUNCTION audit_private.capture_rows(watched audit_private.watched_table, relation regclass, operation text, kind text, names jsonb) RETURNS text
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET quote_all_identifiers TO 'off'
    AS $_$
declare
  is_update constant boolean := capture_rows.operation = 'UPDATE';
  alias constant text := case capture_rows.operation when 'DELETE' then 'o' else 'n' end;
  verb constant text := case capture_rows.operation when 'INSERT' then 'created' when 'DELETE' then 'deleted' else 'updated' end;
  has_left constant text := format('n.%I is null', (audit_private.key_columns(relation))[1]);
  has_come constant text := format('o.%I is null', (audit_private.key_columns(relation))[1]);
  description text := quote_literal(' ' || verb);
  changes text := 'null::jsonb';
  target text := format('to_jsonb(%s)', case capture_rows.operation when 'DELETE' then 'old_row.*' else 'new_row.*' end);
  metadata text := coalesce(quote_literal(names ->> 'remark') || '::jsonb', 'null::jsonb');
  key text := audit_private.key_expression(relation, alias);
  label text := 'concat(' || alias || '.' || quote_ident(watched.label_column) || ')';
  tenant text := names ->> 'tenant';
  source text := format('%s %s', names ->> case capture_rows.operation when 'INSERT' then 'new_rows' else 'old_rows' end, alias);
  condition text := 'true';
begin
  if is_update then
    changes := audit_private.changes_expression(watched, relation);
    target := 'null::jsonb';
    source := format('%s o full join %s n on (%s)', names ->> 'old_rows', names ->> 'new_rows',
      audit_private.match_expression(relation, watched.tenant_column, 'o', 'n'));
    key := format('case when %s then %s else %s end', has_left, audit_private.key_expression(relation, 'o'), key);
    label := format('case when %1$s then concat(o.%2$s) else concat(n.%2$s) end', has_left, quote_ident(watched.label_column));
    description := format('case when %s then '' moved away'' when %s then '' moved here'' else %s end',
      has_left, has_come, description);
    changes := format('case when %s or %s then null else %s end', has_left, has_come, changes);
    target := format('case when %s then to_jsonb(old_row.*) when %s then to_jsonb(new_row.*) end', has_left, has_come);
    metadata := format(
      'case when %s then jsonb_build_object(''moved_to'', %s) when %s then jsonb_build_object(''moved_from'', %s) else %s end',
      has_left, audit_private.partner_expression(
        relation, watched.tenant_column, names ->> 'new_rows', names ->> 'old_rows', 'o'),
      has_come, audit_private.partner_expression(
        relation, watched.tenant_column, names ->> 'old_rows', names ->> 'new_rows', 'n'),
      metadata);
  end if;
  if capture_rows.operation <> 'INSERT' then
    source := source || format(E'\n    cross join lateral (\n      select %s\n    ) old_row', audit_private.row_columns(watched, relation, 'o'));
  end if;
  if capture_rows.operation <> 'DELETE' then
    source := source || format(E'\n    cross join lateral (\n      select %s\n    ) new_row', audit_private.row_columns(watched, relation, 'n'));
  end if;
  if watched.tenant_column is not null then
    tenant := format(case when is_update then 'coalesce(n.%1$I, o.%1$I)' else '%2$s.%1$I' end, watched.tenant_column, alias);
    condition := format(
      E'case (\n      select d.is_logged from audit_private.logging_decision d\n'
      '      where d.tenant_id = %1$s and d.action = %2$L\n'
      '    ) when true then true when false then false\n'
      '    else audit_private.refuse_capture(%1$s, %2$L, %3$L, %4$s) end',
      tenant, audit_private.capture_action(watched.entity_type, capture_rows.operation), watched.entity_type, key);
  end if;
  if capture_rows.kind = 'spooled' then
    condition := 'true';
  elsif capture_rows.kind = 'moved' then
    condition := format('(%s or %s) and %s', has_left, has_come, condition);
  end if;

  return format(
    E'select %s as tenant_id, %s as entity_id,\n'
    '      concat(%L, %s, %s) as description,\n'
    '      %s as changes,\n'
    '      %s as target,\n'
    '      %s as metadata%s\n'
    '    from %s\n'
    '    where %s\n'
    '    offset 0',
    tenant, key, audit_private.entity_title(watched.entity_type) || ' ',
    case
      when watched.label_column is null then key
      else format('coalesce(nullif(btrim(left(%s, 200), E'' \t\r\n''), ''''), %s)', label, key)
    end,
    description, changes, target, metadata,
    case capture_rows.kind when 'spooled' then '' else ', nextval(''audit_private.event_sequence'') as place' end,
    source, condition);
end
$_$;

ALTER FUNCTION audit_private.capture_rows(watched audit_private.watched_table, relation regclass, operation text, kind text, names jsonb) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.capture_rows(watched audit_private.watched_table, relation regclass, operation text, kind text, names jsonb) IS 'a query that gives tenant, entity, description, changes, target and metadata of each event of a statement';

CREATE FUNCTION audit_private.capture_statement(watched audit_private.watched_table, relation regclass, operation text, kind text, names jsonb) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
  select format(
    E'insert into audit_private.event (\n'
    '    tenant_id, occurred_at, id, recorded_at, sequence, transaction_id, salt, source, action, entity_type,\n'
    '    actor_type, outcome, recorded_by, actor_id, entity_id, description, actor, changes, target, metadata,\n'
    '    ip, user_agent, request_id\n'
    '  )\n'
    '  select q.tenant_id, %1$s, audit_private.new_event_id(%1$s, q.place), %1$s, q.place, %2$s,\n'
    '    gen_random_uuid(), ''captured'', %3$L, %4$L, %5$s, ''success'', %6$s, %7$s, q.entity_id, q.description, %8$s,\n'
    '    %11$s, %12$s,\n'
    '    q.metadata, %9$s\n'
    '  from (\n'
    '    %10$s\n'
    '  ) q\n'
    '  where q.changes <> ''{}'' or q.target is not null',
    names ->> 'moment', names ->> 'transaction_number',
    audit_private.capture_action(watched.entity_type, capture_statement.operation), watched.entity_type,
    names ->> 'acting_type', names ->> 'recorder', names ->> 'acting_id', names ->> 'acting', names ->> 'context',
    audit_private.capture_rows(watched, relation, capture_statement.operation, capture_statement.kind, names),
    format(b.bounded, 'q.changes'), format(b.bounded, 'q.target'))
  from (
    select 'case when pg_column_size(%1$s) > 900 then audit_private.cut_columns(%1$s) else %1$s end' as bounded
  ) b
$_$;

ALTER FUNCTION audit_private.capture_statement(watched audit_private.watched_table, relation regclass, operation text, kind text, names jsonb) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.capture_statement(watched audit_private.watched_table, relation regclass, operation text, kind text, names jsonb) IS 'SQL that logs the rows that a statement has inserted, updated or deleted';

CREATE FUNCTION audit_private.capture_triggers(relation regclass, entity_type text) RETURNS SETOF text
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET quote_all_identifiers TO 'off'
    AS $$
  with wanted as (
    select format('pgwitness_%s', o.operation) as name, o.bit, o.operation, o.transition, w.level
    from (
      values
        ('insert', 4, 'referencing new table as new_rows'),
        ('delete', 8, 'referencing old table as old_rows'),
        ('update', 16, 'referencing old table as old_rows new table as new_rows'),
        ('truncate', 32, '')
    ) as o (operation, bit, transition)
    join audit_private.watched_table w on w.entity_type = capture_triggers.entity_type
  ),
  lacking as (
    select w.*, t.tgenabled
    from wanted w
    left join pg_trigger t on t.tgrelid = capture_triggers.relation and t.tgname = w.name
      and t.tgfoid = to_regproc(format('audit_private.%I', 'on_' || capture_triggers.entity_type))
      and t.tgtype = w.bit + case when w.level = 'row' and w.operation <> 'truncate' then 1 else 0 end
    where t.tgenabled is distinct from 'A'
  )
  select s.statement
  from lacking l
  cross join lateral (
    values
      (1, case when l.tgenabled is null then format(
        'create or replace trigger %s after %s on %s %s execute function audit_private.%I()',
        l.name, l.operation, capture_triggers.relation,
        case when l.level = 'row' and l.operation <> 'truncate' then 'for each row' else l.transition || ' for each statement' end,
        'on_' || capture_triggers.entity_type) end),
      (2, format('alter table %s enable always trigger %s', capture_triggers.relation, l.name))
  ) as s (place, statement)
  where s.statement is not null
  order by l.bit, s.place
$$;

ALTER FUNCTION audit_private.capture_triggers(relation regclass, entity_type text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.capture_triggers(relation regclass, entity_type text) IS 'SQL that the table''s owner executes to give it the triggers that it lacks';

CREATE FUNCTION audit_private.captured_entity_id(key text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  select case
    when pg_catalog.length(key) <= 500 then key
    else 'sha256:' || pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(key, 'UTF8')), 'hex')
  end
$$;

ALTER FUNCTION audit_private.captured_entity_id(key text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.captured_entity_id(key text) IS 'the entity id of a row with this key';

CREATE FUNCTION audit_private.carry_out_erasure(tenant_id uuid, erasure_id uuid, names text[] DEFAULT '{}'::text[], pseudonyms text[] DEFAULT '{}'::text[], patterns text[] DEFAULT '{}'::text[], OUT erased bigint, OUT held bigint, OUT exports bigint) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  known constant audit_private.erasure := (
    select x
    from audit_private.erasure x
    where x.tenant_id = carry_out_erasure.tenant_id and x.erasure_id = carry_out_erasure.erasure_id
  );
begin
  perform audit_private.pass_gate();
  perform audit_private.hold_off_exports(known.tenant_id);
  perform audit_private.decide_pending(known.tenant_id, known.erasure_id);
  exports := audit_private.empty_exports(
    known.tenant_id, known.erasure_id, carry_out_erasure.names, carry_out_erasure.patterns);
  erased := audit_private.erase_pending(known.tenant_id, known.erasure_id, known.kind <> 'data');
  if carry_out_erasure.patterns <> '{}' then
    perform audit_private.erase_beside(
      known.tenant_id, carry_out_erasure.names, carry_out_erasure.pseudonyms, carry_out_erasure.patterns);
  end if;
  held := (
    select count(*)
    from audit_private.pending_erasure p
    where p.tenant_id = known.tenant_id and p.erasure_id = known.erasure_id
  );
  update audit_private.erasure x
  set erased = x.erased + carry_out_erasure.erased,
    held = carry_out_erasure.held,
    exports = x.exports + carry_out_erasure.exports
  where x.tenant_id = known.tenant_id and x.erasure_id = known.erasure_id;
end
$$;

ALTER FUNCTION audit_private.carry_out_erasure(tenant_id uuid, erasure_id uuid, names text[], pseudonyms text[], patterns text[], OUT erased bigint, OUT held bigint, OUT exports bigint) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.carry_out_erasure(tenant_id uuid, erasure_id uuid, names text[], pseudonyms text[], patterns text[], OUT erased bigint, OUT held bigint, OUT exports bigint) IS 'erases what an erasure has found and no hold keeps, and empties exports; of how many events it did, how many a hold keeps, and how many exports';

CREATE FUNCTION audit_private.changes_expression(watched audit_private.watched_table, relation regclass) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  with part as (
    select c.place,
      format('case when %s then %s else ''{}'' end', c.is_changed, case
        when c.treatment = 'value' then format('jsonb_build_object(%L, jsonb_build_object(''old'', %s, ''new'', %s))',
          c.name, c.old_value, c.new_value)
        else format('%L::jsonb', jsonb_build_object(c.name, jsonb_build_object('withheld', c.treatment, 'changed', true)))
      end) as expression,
      (row_number() over (order by c.place) - 1) / 40 as chunk
    from audit_private.capture_columns(changes_expression.watched, changes_expression.relation) c
    where c.treatment <> 'left out' and not c.is_key and c.name is distinct from watched.tenant_column
  )
  select coalesce(string_agg(chunks.expression, E'\n      || ' order by chunks.chunk), '''{}''::jsonb')
  from (
    select p.chunk, format('(%s)', string_agg(p.expression, E'\n      || ' order by p.place)) as expression
    from part p
    group by p.chunk
  ) chunks
$$;

ALTER FUNCTION audit_private.changes_expression(watched audit_private.watched_table, relation regclass) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.changes_expression(watched audit_private.watched_table, relation regclass) IS 'SQL that gives what an update changed: column to {old, new}';

CREATE FUNCTION audit_private.check_batch(events jsonb, known_keys text[]) RETURNS integer
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  faulty record;
begin
  if jsonb_typeof(check_batch.events) is distinct from 'array' then
    raise exception using
      errcode = 'WT013',
      message = 'the events are not an array',
      detail = format('They are %s.', coalesce(jsonb_typeof(check_batch.events), 'null')),
      hint = 'Pass a JSON array of objects whose keys are the arguments of audit.log_event().';
  end if;
  select e.index - 1 as index, jsonb_typeof(e.value) as kind,
    case jsonb_typeof(e.value) when 'object' then e.value - check_batch.known_keys end as unknown
  into faulty
  from jsonb_array_elements(check_batch.events) with ordinality as e (value, index)
  where case jsonb_typeof(e.value) when 'object' then e.value - check_batch.known_keys <> '{}' else true end
  limit 1;
  if found then
    raise exception using
      errcode = 'WT013',
      message = case faulty.kind
        when 'object' then format('event %s: unknown key %s', faulty.index,
          (select string_agg(quote_ident(k.key), ', ' order by k.key) from jsonb_object_keys(faulty.unknown) as k (key)))
        else format('event %s is not an object', faulty.index)
      end,
      detail = 'Known keys: ' || array_to_string(check_batch.known_keys, ', '),
      hint = 'Nothing was logged. Put what has no key of its own into metadata.';
  end if;
  return jsonb_array_length(check_batch.events);
end
$$;

ALTER FUNCTION audit_private.check_batch(events jsonb, known_keys text[]) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.check_batch(events jsonb, known_keys text[]) IS 'number of events in a batch; raises WT013 unless it is an array of objects with known keys';

CREATE FUNCTION audit_private.check_capture() RETURNS TABLE(check_name text, state text, detail text, hint text)
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET quote_all_identifiers TO 'off'
    AS $$
  select 'tables_captured', coalesce(min(p.state), 'ok'),
    coalesce(string_agg(format('%s: %s', p.entity_type, p.problem), '; ' order by p.state, p.entity_type, p.problem),
      'changes of every watched table are captured whole'),
    string_agg(p.hint, E'\n' order by p.state, p.entity_type, p.problem)
  from audit_private.capture_problems() p
  union all
  select 'replication_role_plain', case when count(*) = 0 then 'ok' else 'error' end,
    case when count(*) = 0 then 'no role or database begins with session_replication_role = replica, and no role that acts for tenants may set it'
      else string_agg(s.problem, '; ' order by s.problem) end,
    string_agg(s.remedy, ' ' order by s.problem)
  from (
    select format('%s begins with session_replication_role = replica: foreign keys and the application''s own triggers are off',
        concat_ws(' in ', r.rolname, d.datname)) as problem,
      format('alter %s reset session_replication_role;',
        case
          when r.rolname is null then format('database %I', d.datname)
          else concat_ws(' ', format('role %I', r.rolname), 'in database ' || quote_ident(d.datname))
        end) as remedy
    from pg_db_role_setting s
    left join pg_roles r on r.oid = s.setrole
    left join pg_database d on d.oid = s.setdatabase
    where s.setconfig && '{session_replication_role=replica,session_replication_role=local}'
      and s.setdatabase in (0, (select o.oid from pg_database o where o.datname = current_database()))
    union all
    select audit_private.grantee_name(g.grantee) || ' may set session_replication_role',
      format('revoke set on parameter session_replication_role from %s;', audit_private.grantee_name(g.grantee))
    from audit_private.role_binding b
    join pg_roles r on r.rolname = b.role_name and not r.rolsuper
    join pg_parameter_acl p on p.parname = 'session_replication_role'
    cross join aclexplode(p.paracl) g
    where g.privilege_type = 'SET' and (g.grantee = 0 or pg_has_role(r.oid, nullif(g.grantee, 0), 'usage'))
    group by g.grantee
    union all
    select 'this session has session_replication_role = ' || current_setting('session_replication_role'),
      'reset session_replication_role;'
    where current_setting('session_replication_role') <> 'origin'
  ) s
  union all
  select 'subscriptions_told', case when count(*) = 0 then 'ok' else 'warning' end,
    case when count(*) = 0 then 'no subscription brings changes that were made elsewhere'
      else 'changes that come by these subscriptions are not captured here: ' || string_agg(s.subname, ', ' order by s.subname) end,
    case when count(*) > 0 then 'Watch the tables in the database where they are changed.' end
  from pg_subscription s
  where s.subenabled and s.subdbid = (select d.oid from pg_database d where d.datname = current_database())
    and exists (select from audit_private.watched_table w where w.unwatched_at is null)
  union all
  select 'spool_empty', case when count(*) = 0 then 'ok' else 'error' end,
    case when count(*) = 0 then 'every captured change was logged'
      else format('%s changes are spooled, not logged, since %s: %s', count(*), min(s.spooled_at),
        string_agg(distinct s.error, '; ')) end,
    case when count(*) > 0 then 'Mend the cause, then: select * from audit.log_spool(); what is spooled: select * from audit.list_spool();' end
  from audit_private.capture_spool s
$$;

ALTER FUNCTION audit_private.check_capture() OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.check_capture() IS 'the health checks of change capture';

CREATE FUNCTION audit_private.check_data_retention() RETURNS TABLE(check_name text, state text, detail text, hint text)
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    AS $$
  with latest as (
    select t.*
    from audit_private.data_retention d
    cross join lateral (
      select n.run_id from audit_private.data_purge_receipt n
      where n.relation = d.relation and n.result <> 'running'
      order by n.started_at desc limit 1
    ) l
    join audit_private.data_purge_receipt t on t.run_id = l.run_id and t.relation = d.relation
    where d.armed_at is not null
  )
  select 'data_retention_as_declared',
    case when count(p.problem) = 0 then 'ok' when bool_or(d.armed_at is not null) filter (where p.problem is not null) then 'error' else 'warning' end,
    coalesce(string_agg(format('%s: %s', d.relation, p.problem), '; ' order by d.relation),
      'every table under data retention can be resolved and purged as it was declared'),
    case when count(p.problem) > 0 then 'Mend what stands there; then select * from audit.list_data_retention();' end
  from audit_private.data_retention d
  cross join lateral (select audit_private.data_retention_problem(d) as problem) p
  where p.problem is not null
  union all
  select 'data_purged_as_predicted', case when count(*) = 0 then 'ok' when bool_or(l.result <> 'interrupted') then 'error' else 'warning' end,
    coalesce(
      string_agg(format('%s, tenant %s: %s of %s rows removed, %s%s', l.relation, l.tenant_id, l.removed, l.predicted, l.result,
        ', ' || l.error), '; ' order by l.relation, l.tenant_id),
      'the last run removed what it predicted'),
    case when count(*) > 0 then 'select * from audit.list_data_purges(); where it stopped because of the share: preview_data_purge, then arm_data_retention' end
  from latest l
  where l.result <> 'succeeded' or l.removed = 0 and l.predicted > 0
  union all
  select 'data_retention_values_valid', case when count(*) = 0 then 'ok' else 'error' end,
    coalesce(string_agg(format('%s rows of %s, tenant %s', l.invalid, l.relation, l.tenant_id), '; ' order by l.relation, l.tenant_id),
      'no row is kept because of a value that makes no sense'),
    case when count(*) > 0 then 'Set them to null or 1 to 2555: select * from audit_data.retention_of_… where problem is not null;' end
  from latest l
  where l.invalid > 0
$$;

ALTER FUNCTION audit_private.check_data_retention() OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.check_data_retention() IS 'the health checks of data retention';

CREATE TABLE audit_private.data_retention (
    relation text NOT NULL,
    object_name text NOT NULL,
    owner_name name NOT NULL,
    time_column text NOT NULL,
    tenant_column text,
    actor_column text,
    entity_type text,
    levels jsonb NOT NULL,
    children jsonb NOT NULL,
    decision text NOT NULL,
    source_digest text,
    objects_digest text,
    defined_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    defined_by text NOT NULL,
    armed_at timestamp with time zone,
    armed_by text,
    approved_rows bigint,
    last_complete_at timestamp with time zone
);

ALTER TABLE audit_private.data_retention OWNER TO audit_owner;

COMMENT ON TABLE audit_private.data_retention IS 'tables of the application whose old rows purge_data removes';

COMMENT ON COLUMN audit_private.data_retention.relation IS 'schema and name of the table, quoted where needed';

COMMENT ON COLUMN audit_private.data_retention.object_name IS 'what the names of its view and functions in audit_data end with';

COMMENT ON COLUMN audit_private.data_retention.owner_name IS 'its owner, who owns these as well';

COMMENT ON COLUMN audit_private.data_retention.time_column IS 'column with the time that a row''s age counts from';

COMMENT ON COLUMN audit_private.data_retention.tenant_column IS 'column with the tenant; null when it has none';

COMMENT ON COLUMN audit_private.data_retention.actor_column IS 'column with the person that holds may name; null when it has none';

COMMENT ON COLUMN audit_private.data_retention.entity_type IS 'what a row is to holds; null when every hold concerns it';

COMMENT ON COLUMN audit_private.data_retention.levels IS 'where the days are read, in order: the first that are set win';

COMMENT ON COLUMN audit_private.data_retention.children IS 'tables whose rows go with it, keep it, or go with the last of it';

COMMENT ON COLUMN audit_private.data_retention.decision IS 'the disposal decision, which stands on each receipt';

COMMENT ON COLUMN audit_private.data_retention.source_digest IS 'SHA-256 of the statements that made its view and functions';

COMMENT ON COLUMN audit_private.data_retention.objects_digest IS 'SHA-256 of these as the server then held them';

COMMENT ON COLUMN audit_private.data_retention.defined_at IS 'when it was last defined';

COMMENT ON COLUMN audit_private.data_retention.defined_by IS 'login and SET ROLE role';

COMMENT ON COLUMN audit_private.data_retention.armed_at IS 'since when rows go; null while none does';

COMMENT ON COLUMN audit_private.data_retention.armed_by IS 'login and SET ROLE role';

COMMENT ON COLUMN audit_private.data_retention.approved_rows IS 'rows that may go beyond the usual share of the table, until a run has removed them';

COMMENT ON COLUMN audit_private.data_retention.last_complete_at IS 'moment by which the last run decided that went through the whole table; what it left is looked at twice';

CREATE FUNCTION audit_private.check_data_retention_definition(entry audit_private.data_retention, class pg_class) RETURNS void
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET quote_all_identifiers TO 'off'
    AS $_$
declare
  wrong text;
begin
  if class.oid is null or class.relkind not in ('r', 'p') or class.relpersistence = 't' or class.relispartition
    or class.relnamespace::regnamespace::text ~ '^(pg_|information_schema$|audit$|audit_private$|audit_data$|audit_migrations$)'
  then
    perform audit_private.refuse_data_retention(
      format('%s can''t be under data retention', coalesce(entry.relation, 'null')),
      'Tables and partitioned tables of the application can be, not partitions, views, foreign or temporary tables, nor '
        'those of PostgreSQL or the log.',
      'Name a table of the application.');
  end if;
  if not pg_has_role(audit_private.effective_role(), class.relowner, 'usage') then
    perform audit_private.refuse_data_retention(
      format('role %I may not declare how long rows of %s are kept', audit_private.effective_role(), entry.relation),
      format('They are removed with the rights of the table''s owner, %s.', class.relowner::regrole),
      format('set role %s; (it needs audit_operator too: grant audit_operator to %1$s;)', class.relowner::regrole));
  end if;
  if length(entry.decision) between 10 and 500 is not true then
    perform audit_private.refuse_data_retention(
      'a decision of 10 to 500 characters is needed',
      format('It has %s characters without the spaces around it, and stands on each receipt.', coalesce(length(entry.decision), 0)),
      'Name what allows these rows to be removed: decision => ''Disposal decision 2024:7 of the municipal board''.');
  end if;
  if audit_private.key_columns(class.oid) is null then
    perform audit_private.refuse_data_retention(
      format('%s has no key', entry.relation),
      'Batches go by the key, and holds name rows by it.',
      format('alter table %s add primary key (…);', entry.relation));
  end if;
  select string_agg(format('%s %s', n.role, coalesce(quote_ident(n.name), 'null')), ', ') into wrong
  from (
    values ('time_column', entry.time_column, '{timestamptz,timestamp,date}'::regtype[]),
      ('tenant_column', entry.tenant_column, '{uuid}'), ('actor_column', entry.actor_column, null)
  ) as n (role, name, types)
  left join pg_attribute a on a.attrelid = class.oid and a.attname = n.name and a.attnum > 0 and not a.attisdropped
  left join pg_type t on t.oid = a.atttypid
  where (n.name is not null or n.role = 'time_column')
    and (a.attnum is null or coalesce(nullif(t.typbasetype, 0), t.oid)::regtype <> all (n.types));
  if wrong is not null then
    perform audit_private.refuse_data_retention(
      format('%s has no such column, or one of another type: %s', entry.relation, wrong),
      'The time is a timestamp or a date, the tenant a uuid.',
      'Names are case-sensitive and unquoted.');
  end if;
  if entry.entity_type is not null and not exists (
    select from audit_private.entity_type t where t.entity_type = entry.entity_type and not t.is_built_in
  ) then
    perform audit_private.refuse_data_retention(
      format('there is no entity type %L', entry.entity_type),
      'Holds name rows by the entity type and the key.',
      format('select audit.define_entity_type(entity_type => %L, titles => ''{"en": "…"}'');', entry.entity_type));
  end if;
end
$_$;

ALTER FUNCTION audit_private.check_data_retention_definition(entry audit_private.data_retention, class pg_class) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.check_data_retention_definition(entry audit_private.data_retention, class pg_class) IS 'raises WT112 unless the table can be under data retention with these columns';

CREATE FUNCTION audit_private.check_definition(code text, titles jsonb, descriptions jsonb, is_built_in boolean) RETURNS void
    LANGUAGE plpgsql PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
begin
  if check_definition.code !~ '^[a-z][a-z0-9_]{0,62}$' or check_definition.code is null then
    perform audit_private.refuse_definition(
      format('%s is not a code', coalesce(quote_literal(check_definition.code), 'null')),
      'A code has 1 to 63 lower-case letters, digits and underscores, and begins with a letter.',
      'Put what people read into titles.');
  end if;
  if check_definition.is_built_in then
    perform audit_private.refuse_definition(
      format('%s is built in', check_definition.code),
      'What the log says about itself can''t be redefined.',
      'Choose another code.');
  end if;
  if check_definition.titles is null or check_definition.titles = '{}'
    or not audit_private.is_text_by_language_v1(check_definition.titles)
  then
    perform audit_private.refuse_definition(
      format('%s has no valid titles', check_definition.code),
      'Titles are an object of language code to text, with one language at least.',
      'For example: titles => ''{"en": "User created", "sv": "Användare skapad"}''');
  end if;
  if check_definition.descriptions is null
    or not audit_private.is_text_by_language_v1(check_definition.descriptions)
  then
    perform audit_private.refuse_definition(
      format('%s has no valid descriptions', check_definition.code),
      'Descriptions are an object of language code to text; it may be empty.',
      'For example: descriptions => ''{"en": "An account was added"}''');
  end if;
end
$_$;

ALTER FUNCTION audit_private.check_definition(code text, titles jsonb, descriptions jsonb, is_built_in boolean) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.check_definition(code text, titles jsonb, descriptions jsonb, is_built_in boolean) IS 'raises WT050 unless code, titles and descriptions can be defined';

CREATE FUNCTION audit_private.check_format(format text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if check_format.format in ('csv', 'jsonl') is not true then
    raise exception using
      errcode = 'WT120',
      message = pg_catalog.format('export format %s is unknown', coalesce(quote_literal(left(check_format.format, 100)), 'null')),
      detail = 'An export is csv or jsonl: a table for spreadsheets, or one JSON object a line.',
      hint = 'For example: select audit.request_export(filter => ''{}'', format => ''jsonl'');';
  end if;
  return check_format.format;
end
$$;

ALTER FUNCTION audit_private.check_format(format text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.check_format(format text) IS 'the format, when it is one; raises WT120';

CREATE FUNCTION audit_private.check_integrity() RETURNS TABLE(check_name text, state text, detail text, hint text)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    SET enable_seqscan TO 'off'
    AS $$
declare
  sealing audit_private.sealing;
  oldest timestamptz;
begin
  select s.* into sealing from audit_private.sealing s;
  execute format('select min(e.recorded_at) from audit_private.event e where %s',
    audit_private.unsealed_condition(sealing))
  into oldest;
  return query
  select 'events_sealed',
    case when late.than < interval '5 minutes' then 'ok' when late.than < interval '1 hour' then 'warning' else 'error' end,
    case when oldest is null then 'every event is sealed'
      else format('the oldest event that is not sealed was written at %s', date_trunc('second', oldest)) end
      || coalesce('; seal_events last ran at ' || date_trunc('second', sealing.sealed_at), '; seal_events has never run'),
    case when late.than >= interval '5 minutes' then 'call audit.seal_events();' end
  from (
    select case when oldest is null then interval '0' else clock_timestamp() - greatest(oldest, sealing.sealed_at) end as than
  ) late;

  return query
  select 'restore_accepted',
    case when r.is_barred then 'error' else 'ok' end,
    case when r.is_barred
      then 'the log was restored, and nobody has accepted that: nothing is removed until then'
      else 'the log goes on where it was, or a restore was accepted' end,
    case when r.is_barred
      then 'pgwitness restore-check with the last checkpoint, then: '
        'select audit.accept_restore(reason => ''restored from the backup of …'');' end
  from audit_private.is_removal_barred() as r (is_barred);
end
$$;

ALTER FUNCTION audit_private.check_integrity() OWNER TO audit_finder;

COMMENT ON FUNCTION audit_private.check_integrity() IS 'the health checks of sealing';

CREATE FUNCTION audit_private.check_jobs() RETURNS TABLE(check_name text, state text, detail text, hint text)
    LANGUAGE sql SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
  with job as (
    select s.*, i.installed_at, coalesce(s.last_succeeded_at, i.installed_at) as counted_from
    from audit_private.job_states() s
    cross join (select max(n.installed_at) as installed_at from audit_private.installation n) i
  )
  select 'jobs_scheduled', coalesce(min(p.state), 'ok'),
    coalesce(string_agg(p.problem, '; ' order by p.state, p.problem), 'something runs each job, or pg_cron has been told to'),
    string_agg(distinct p.hint, E'\n')
  from (
    select 'warning' as state, 'nothing has run, and pg_cron has not been told to: ' || string_agg(j.job_name, ', ' order by j.job_name)
        as problem,
      'select * from audit.schedule_jobs(); or, without pg_cron: pgwitness jobs serve' as hint
    from job j
    where j.last_started_at is null
      and not exists (select from audit_private.job_schedule c where c.job_name = j.job_name)
    having count(*) > 0
    union all
    select 'error', 'pg_cron has been told to run the jobs, and does not run here', 'Start it, or: select audit.unschedule_jobs(reason => ''…'');'
    where exists (select from audit_private.job_schedule)
      and (audit_private.scheduler_database() is distinct from current_database()
        or not exists (select from pg_stat_activity a where a.application_name = 'pg_cron scheduler'))
    union all
    select 'error', format('pg_cron runs jobs as %I, which can''t log in or is no member of audit_operator', c.scheduled_by),
      format('grant audit_operator to %1$I; alter role %1$I login;', c.scheduled_by)
    from (select distinct k.scheduled_by from audit_private.job_schedule k) c
    where not exists (
      select from pg_roles r
      where r.rolname = c.scheduled_by and r.rolcanlogin and pg_has_role(r.oid, 'audit_operator', 'usage')
    )
    union all
    select 'warning', format('the options say another time than pg_cron was told: %s', string_agg(c.job_name, ', ' order by c.job_name)),
      format('set role %I; select * from audit.schedule_jobs(); reset role;', c.scheduled_by)
    from audit_private.job_schedule c
    join audit_private.job_definitions() d on d.job_name = c.job_name and d.cron <> c.schedule
    group by c.scheduled_by
    union all
    select 'warning', 'pg_cron runs the jobs more than once, as: ' || string_agg(distinct quote_ident(c.scheduled_by), ', '),
      format('set role %s; select audit.unschedule_jobs(reason => ''…''); reset role;', quote_ident(min(c.scheduled_by)))
    from audit_private.job_schedule c
    having count(distinct c.scheduled_by) > 1
  ) p
  union all
  select 'jobs_on_time', coalesce(min(p.state), 'ok'),
    coalesce(string_agg(p.problem, '; ' order by p.state, p.problem), 'each job has succeeded when it should have'),
    case when count(p.state) > 0 then 'call audit.run_jobs(); then find out why nothing did: select * from audit.list_jobs();' end
  from (
    select 'error' as state,
      format('%s %s', j.job_name,
        coalesce('has not succeeded since ' || date_trunc('second', j.last_succeeded_at), 'has never succeeded')) as problem
    from job j
    where j.counted_from < clock_timestamp() - greatest(2 * j.every, interval '15 minutes')
      and (j.result = 'running' and j.every < interval '1 hour') is not true
    union all
    select 'warning', format('%s has not begun since it should have at %s', j.job_name, j.last_slot)
    from job j
    where j.is_due and j.counted_from >= clock_timestamp() - 2 * j.every
      and j.last_slot between j.installed_at and clock_timestamp() - greatest(least(j.every, interval '1 hour'), interval '5 minutes')
  ) p
  union all
  select 'jobs_succeeded', case when count(*) = 0 then 'ok' when bool_or(j.result = 'failed') then 'error' else 'warning' end,
    case when count(*) = 0 then 'the last run of each job succeeded, or is under way'
      else string_agg(
        case
          when j.result = 'running' then format('%s has not taken a step since %s', j.job_name, date_trunc('second', j.last_step_at))
          else format('%s, begun at %s, was %s: %s', j.job_name, date_trunc('second', j.last_started_at),
            case j.result when 'failed' then 'not successful' else j.result end, j.detail)
        end, '; ' order by j.job_name) end,
    case when count(*) > 0 then 'select * from audit.list_jobs(); then, once the cause is mended: '
      || string_agg(format('call audit.%I();', j.job_name), ' ' order by j.job_name) end
  from job j
  where j.result in ('failed', 'interrupted')
    or j.result = 'running' and j.last_step_at < clock_timestamp() - interval '1 hour'
$_$;

ALTER FUNCTION audit_private.check_jobs() OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.check_jobs() IS 'the health checks of jobs';

CREATE FUNCTION audit_private.check_reason(reason text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  trimmed constant text := btrim(check_reason.reason, E' \t\r\n');
begin
  if trimmed is null or length(trimmed) not between 10 and 500 then
    raise exception using
      errcode = 'WT021',
      message = 'a reason of 10 to 500 characters is needed',
      detail = format('It has %s characters without the spaces around it.', coalesce(length(trimmed), 0)),
      hint = 'Say in a sentence why, for the people who will read the log: reason => ''…''.';
  end if;
  return trimmed;
end
$$;

ALTER FUNCTION audit_private.check_reason(reason text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.check_reason(reason text) IS 'the reason, trimmed; raises WT021 unless it has 10 to 500 characters';

CREATE FUNCTION audit_private.check_retention() RETURNS TABLE(check_name text, state text, detail text, hint text)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select 'expired_events_removed',
    case when count(*) = 0 then 'ok' else 'error' end,
    case when count(*) = 0 then 'no event that should have been removed stays'
      else 'should have been removed two days ago: ' || string_agg(
        format('%s events of %s (%s)', o.due, o.name, o.tenant_id), ', ' order by o.name, o.tenant_id) end,
    case when count(*) > 0 then 'call audit.purge_events();' end
  from (
    select t.tenant_id, t.name, sum(c.due) as due
    from audit_private.expired_partitions(now() - interval '2 days') p
    cross join lateral audit_private.count_due(
      p.partition_name, p.until_time, now() - interval '2 days', includes_unsealed => true) c
    join audit_private.tenant t on t.tenant_id = c.tenant_id
    where c.due > 0
    group by t.tenant_id, t.name
  ) o
  union all
  select 'purge_kept_its_word',
    case when count(*) filter (where r.error is not null) = 0 then 'ok' else 'warning' end,
    coalesce(
      'the last purge left events: ' || string_agg(
        format('%s of %s (%s): %s', r.predicted - r.removed, t.name, t.tenant_id, r.error), '; ' order by t.name)
        filter (where r.error is not null),
      'the last purge removed all that it set out to'),
    case when count(*) filter (where r.error is not null) > 0 then 'call audit.purge_events();' end
  from audit_private.purge_receipt r
  join audit_private.tenant t on t.tenant_id = r.tenant_id
  where r.run_id = (
    select j.run_id from audit_private.job_run j
    where j.job_name = 'purge_events' and j.result <> 'running'
    order by j.started_at desc
    limit 1
  )
$$;

ALTER FUNCTION audit_private.check_retention() OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.check_retention() IS 'the checks of retention: expired events are gone, and the last purge removed what it set out to';

CREATE FUNCTION audit_private.check_role(role name) RETURNS void
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if not exists (select from pg_roles r where r.rolname = check_role.role) then
    raise exception using
      errcode = 'WT005',
      message = format('role %s does not exist', coalesce(quote_ident(check_role.role), 'null')),
      detail = 'A grant counts for the database role of exactly this name.',
      hint = 'select rolname from pg_roles; or create the role first.';
  elsif starts_with(check_role.role, 'audit_') then
    raise exception using
      errcode = 'WT005',
      message = format('role %I is shared by everybody who is a member of it', check_role.role),
      detail = 'Bound to a tenant, it would open that tenant to all its members.',
      hint = 'Grant the login, or a role of its own, to the tenant.';
  end if;
end
$$;

ALTER FUNCTION audit_private.check_role(role name) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.check_role(role name) IS 'raises WT005 unless the database role exists and is nobody else''s';

CREATE FUNCTION audit_private.check_scheduler(role name) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER PARALLEL RESTRICTED
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  place constant name := audit_private.scheduler_database();
begin
  if place is null then
    perform audit_private.refuse_scheduling(
      'pg_cron does not run on this server',
      'Nothing here can call jobs at their times.',
      'Have something else do it, as a login that is a member of audit_operator: pgwitness jobs serve, '
        'or pgwitness jobs run from cron or systemd. With pg_cron: put it into shared_preload_libraries, and cron.database_name = '
        || quote_literal(current_database()) || '.');
  elsif place <> current_database() then
    perform audit_private.refuse_scheduling(
      format('pg_cron keeps its jobs in database %I', place),
      format('Jobs for database %I are scheduled there, by an administrator.', current_database()),
      format('In database %I: ', place) || (
        select string_agg(
          format('select cron.schedule_in_database(%L, %L, %L, %L, %L);',
            format('pgwitness: %s in %s', d.job_name, current_database()), d.cron, d.command, current_database(),
            check_scheduler.role),
          ' ' order by d.job_name)
        from audit_private.job_definitions() d));
  elsif not exists (select from pg_extension e where e.extname = 'pg_cron') then
    perform audit_private.refuse_scheduling(
      format('pg_cron is not installed in database %I', current_database()),
      'It runs on this server, for this database.',
      format('As an administrator: create extension pg_cron; grant usage on schema cron to %I;', check_scheduler.role));
  elsif not has_schema_privilege(check_scheduler.role, 'cron', 'usage') then
    perform audit_private.refuse_scheduling(
      format('role %I may not use pg_cron', check_scheduler.role),
      'It has no right to schema cron.',
      format('As an administrator: grant usage on schema cron to %I;', check_scheduler.role));
  elsif not (select r.rolcanlogin from pg_roles r where r.rolname = check_scheduler.role) then
    perform audit_private.refuse_scheduling(
      format('role %I can''t log in', check_scheduler.role),
      'pg_cron runs jobs as the role that schedules them.',
      'Schedule them as a login that is a member of audit_operator: reset role;');
  end if;
end
$$;

ALTER FUNCTION audit_private.check_scheduler(role name) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.check_scheduler(role name) IS 'raises WT114 unless the role can schedule jobs with pg_cron here';

CREATE FUNCTION audit_private.check_tenant(tenant_id uuid) RETURNS void
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if not exists (select from audit_private.tenant t where t.tenant_id = check_tenant.tenant_id) then
    raise exception using
      errcode = 'WT003',
      message = format('tenant %s is not registered', coalesce(check_tenant.tenant_id::text, 'null')),
      detail = 'Grants and retirement need a registered tenant.',
      hint = 'select * from audit.list_tenants();';
  end if;
end
$$;

ALTER FUNCTION audit_private.check_tenant(tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.check_tenant(tenant_id uuid) IS 'raises WT003 unless the tenant is registered; for operators';

CREATE FUNCTION audit_private.check_toggles(toggles jsonb) RETURNS void
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  unknown text;
begin
  select string_agg(p.problem, '; ' order by p.problem) into unknown
  from (
    select 'the toggles are not an object' as problem
    where jsonb_typeof(check_toggles.toggles) is distinct from 'object'
    union all
    select format('unknown key %s', k.key)
    from jsonb_object_keys(
      case jsonb_typeof(check_toggles.toggles) when 'object' then check_toggles.toggles else '{}' end) as k (key)
    where k.key not in ('logging', 'categories', 'actions')
    union all
    select 'logging is neither true nor false'
    where check_toggles.toggles ? 'logging'
      and jsonb_typeof(check_toggles.toggles -> 'logging') <> 'boolean'
    union all
    select format('%s is not an object', part.name)
    from unnest('{categories,actions}'::text[]) as part (name)
    where check_toggles.toggles ? part.name
      and jsonb_typeof(check_toggles.toggles -> part.name) <> 'object'
    union all
    select format('%s is neither true, false nor null', v.key)
    from unnest('{categories,actions}'::text[]) as part (name)
    cross join lateral jsonb_each(
      case jsonb_typeof(check_toggles.toggles -> part.name)
        when 'object' then check_toggles.toggles -> part.name else '{}' end) as v
    where jsonb_typeof(v.value) not in ('boolean', 'null')
  ) p;
  if unknown is not null then
    raise exception using
      errcode = 'WT020',
      message = 'the toggles are not valid',
      detail = unknown,
      hint = 'For example: {"logging": true, "categories": {"user_actions": false}, "actions": {"user_created": null}}';
  end if;

  select string_agg(g.key, ', ' order by g.key) into unknown
  from jsonb_object_keys(coalesce(check_toggles.toggles -> 'categories', '{}')) as g (key)
  where not exists (select from audit_private.category c where c.category = g.key);
  if unknown is not null then
    raise exception using
      errcode = 'WT022',
      message = format('unknown category: %L', unknown),
      detail = 'Only categories of the catalogue can be turned.',
      hint = 'select code from audit.list_catalogue() where kind = ''category'';';
  end if;

  select string_agg(o.key, ', ' order by o.key) into unknown
  from jsonb_object_keys(coalesce(check_toggles.toggles -> 'actions', '{}')) as o (key)
  where not exists (select from audit_private.action a where a.action = o.key and a.retired_at is null);
  if unknown is not null then
    raise exception using
      errcode = 'WT010',
      message = format('unknown or retired action: %L', unknown),
      detail = 'Only actions of the catalogue can be turned.',
      hint = 'select code from audit.list_catalogue() where kind = ''action'';';
  end if;

  select string_agg(m.code, ', ' order by m.code) into unknown
  from (
    select c.category as code from audit_private.category c
    where c.is_mandatory and check_toggles.toggles -> 'categories' ? c.category
    union all
    select a.action from audit_private.action a join audit_private.category c using (category)
    where c.is_mandatory and check_toggles.toggles -> 'actions' ? a.action
  ) m;
  if unknown is not null then
    raise exception using
      errcode = 'WT020',
      message = format('%s can''t be turned: always logged', unknown),
      detail = 'Acts on the log itself are mandatory events; no toggle reaches them.',
      hint = 'Leave them out.';
  end if;
end
$$;

ALTER FUNCTION audit_private.check_toggles(toggles jsonb) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.check_toggles(toggles jsonb) IS 'raises unless the toggles are well formed, known and can be turned';

CREATE FUNCTION audit_private.check_verification() RETURNS TABLE(check_name text, state text, detail text, hint text)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select 'log_verified',
    case when sum(v.finding_count) > 0 then 'error' else 'ok' end,
    case
      when sum(v.finding_count) > 0 then format('%s findings, the first of them: %s', sum(v.finding_count), (
        select format('%s %s %s', f.finding ->> 'kind', f.finding ->> 'occurred_at', f.finding ->> 'detail')
        from audit_private.verification w
        cross join lateral jsonb_array_elements(w.findings) as f (finding)
        limit 1
      ))
      when count(*) = 0 then 'reverify_events has not run yet'
      else format('%s weeks of events are as they were sealed; the oldest verification is of %s',
        count(*) filter (where v.from_time > '-infinity'), date_trunc('second', min(v.verified_at)))
    end,
    case when sum(v.finding_count) > 0 then 'select * from audit.verify_events();' end
  from audit_private.verification v
$$;

ALTER FUNCTION audit_private.check_verification() OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.check_verification() IS 'the health check of what reverify_events has found';

CREATE FUNCTION audit_private.check_watch(watched audit_private.watched_table, relation regclass) RETURNS void
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET quote_all_identifiers TO 'off'
    AS $_$
declare
  class pg_class;
  key text[];
  unknown text;
  other text;
begin
  select c.* into class from pg_class c where c.oid = check_watch.relation;
  if class.oid is null or class.relkind not in ('r', 'p') or class.relpersistence = 't' or class.relispartition
    or class.relnamespace::regnamespace::text ~ '^(pg_|information_schema$|audit$|audit_private$|audit_data$|audit_migrations$)'
  then
    perform audit_private.refuse_watch(
      format('%s can''t be watched', coalesce(check_watch.relation::text, 'null')),
      'Tables and partitioned tables of the application can be, not partitions, views, foreign or temporary tables, nor '
        'those of PostgreSQL or the log.',
      coalesce('Watch the table that it is a partition of: ' || pg_partition_root(check_watch.relation), 'Name a table.'));
  end if;
  if not pg_has_role(audit_private.effective_role(), class.relowner, 'usage') then
    perform audit_private.refuse_watch(
      format('role %I may not watch %s', audit_private.effective_role(), check_watch.relation),
      format('Triggers that always fire are made by the table''s owner, %s.', class.relowner::regrole),
      format('set role %s; (it needs audit_operator too: grant audit_operator to %1$s;)', class.relowner::regrole));
  end if;
  if watched.entity_type !~ '^[a-z][a-z0-9_]{0,52}$' or watched.entity_type is null
    or exists (select from audit_private.entity_type t where t.entity_type = watched.entity_type and t.is_built_in)
  then
    perform audit_private.refuse_watch(
      format('%s can''t be the entity type of a table', coalesce(quote_literal(watched.entity_type), 'null')),
      'It has 1 to 53 lower-case letters, digits and underscores, begins with a letter, and isn''t one of the log''s own.',
      'Name what a row is, such as customer.');
  end if;

  key := audit_private.key_columns(check_watch.relation);
  if key is null then
    perform audit_private.refuse_watch(
      format('%s has no key', check_watch.relation),
      'A change is told of a row, which its key names in the log.',
      format('alter table %s add primary key (…); or, with a unique index over columns that are not null: '
        'alter table %1$s replica identity using index …;', check_watch.relation));
  end if;
  select string_agg(format('%s %s', n.role, coalesce(quote_ident(n.name), 'null')), ', ') into unknown
  from (
    select 'tenant_column' as role, watched.tenant_column as name where watched.tenant_column is not null
    union all select 'label_column', watched.label_column where watched.label_column is not null
    union all select 'columns', c from unnest(watched.allowed_columns) c
    union all select 'redact_columns', c from unnest(watched.redact_columns) c
    union all select 'ignore_columns', c from unnest(watched.ignore_columns) c
  ) n
  where n.name <> all (watched.known_columns) or n.name is null;
  if unknown is not null then
    perform audit_private.refuse_watch(
      format('%s has no such column: %s', check_watch.relation, unknown),
      'Its columns: ' || array_to_string(watched.known_columns, ', '),
      'Names are case-sensitive and unquoted.');
  end if;
  select string_agg(quote_ident(n.name), ', ') into unknown
  from (
    select unnest(watched.redact_columns) as name
    union
    select unnest(watched.ignore_columns)
  ) n
  where n.name = any (key || watched.tenant_column)
    or n.name = any (watched.redact_columns) and (n.name = watched.label_column or n.name = any (watched.ignore_columns))
    or n.name = any (watched.allowed_columns) and n.name = any (watched.ignore_columns);
  if unknown is not null then
    perform audit_private.refuse_watch(
      format('columns of %s are asked for and left out: %s', check_watch.relation, unknown),
      'Key and tenant are stored with every event, the label is read in it, and a column is either redacted, ignored or allowed.',
      'Name each column once; watch by another key if it is a secret.');
  end if;
  if watched.tenant_column is not null and (
    select t.oid <> 'uuid'::regtype and t.typbasetype <> 'uuid'::regtype
    from pg_attribute a join pg_type t on t.oid = a.atttypid
    where a.attrelid = check_watch.relation and a.attname = watched.tenant_column
  ) then
    perform audit_private.refuse_watch(
      format('column %I of %s is no uuid', watched.tenant_column, check_watch.relation),
      'Tenants are known by uuids.',
      'Give a column of type uuid, or none: the tenant is then the context''s.');
  end if;
  if watched.level not in ('statement', 'row') is not false or watched.on_error not in ('refuse', 'spool') is not false then
    perform audit_private.refuse_watch(
      'level or on_error has no valid value',
      format('They are %L and %L.', watched.level, watched.on_error),
      'level is statement or row, on_error is refuse or spool.');
  end if;
  if watched.keep_deleted_values and audit_private.is_under_data_retention(check_watch.relation) then
    perform audit_private.refuse_watch(
      format('%s is under data retention', check_watch.relation),
      'The values of its rows would stay in events after the rows had to go.',
      'Leave keep_deleted_values out: a delete then records key and label alone.');
  end if;
  if watched.level = 'row' and not (
    select bool_and(x.indimmediate) from pg_index x
    where x.indrelid = check_watch.relation and (x.indisprimary or x.indisreplident)
  ) then
    perform audit_private.refuse_watch(
      format('the key of %s is deferrable', check_watch.relation),
      'Rows may then take each other''s keys in one statement, and row by row their order is lost.',
      'Leave level out: a statement is seen as a whole.');
  end if;

  if watched.level = 'row' and class.relkind = 'r' and class.relhassubclass then
    perform audit_private.refuse_watch(
      format('%s has child tables', check_watch.relation),
      'Their rows, changed through it, fire the children''s own row triggers only.',
      'Leave level out: triggers of the statement see them.');
  end if;

  select w.entity_type into other
  from audit_private.watched_entity_type(check_watch.relation) as w (entity_type)
  where w.entity_type <> watched.entity_type;
  if other is not null then
    perform audit_private.refuse_watch(
      format('%s is watched as %s', check_watch.relation, other),
      'The entity type is the identity of its history.',
      format('select audit.unwatch(%L, reason => ''…''); first, or keep the entity type.', check_watch.relation));
  end if;
  select t.tgrelid::regclass::text into other
  from pg_trigger t
  where t.tgfoid = to_regproc(format('audit_private.%I', 'on_' || watched.entity_type))
    and t.tgparentid = 0
    and t.tgrelid <> check_watch.relation
  limit 1;
  if other is not null then
    perform audit_private.refuse_watch(
      format('entity type %s belongs to %s', watched.entity_type, other),
      'One table, one entity type: their histories would mix.',
      'Give another entity type, or unwatch that table first.');
  end if;
end
$_$;

ALTER FUNCTION audit_private.check_watch(watched audit_private.watched_table, relation regclass) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.check_watch(watched audit_private.watched_table, relation regclass) IS 'raises WT090 unless the table can be watched like that';

CREATE FUNCTION audit_private.claim_idempotency_key(tenant_id uuid, idempotency_key text, event_id uuid, content_digest bytea) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  known audit_private.idempotency_key;
begin
  if claim_idempotency_key.idempotency_key = '' or length(claim_idempotency_key.idempotency_key) > 500 then
    raise exception using
      errcode = 'WT013',
      message = 'the idempotency key is not valid',
      detail = format('It has %s characters.', length(claim_idempotency_key.idempotency_key)),
      hint = 'Use 1 to 500 characters.';
  end if;
  insert into audit_private.idempotency_key as k (tenant_id, idempotency_key, event_id, content_digest)
  values (
    claim_idempotency_key.tenant_id, claim_idempotency_key.idempotency_key,
    claim_idempotency_key.event_id, claim_idempotency_key.content_digest
  )
  on conflict on constraint idempotency_key_pkey do update
  set event_id = excluded.event_id,
    content_digest = excluded.content_digest,
    logged_at = excluded.logged_at
  where k.logged_at < excluded.logged_at - interval '24 hours'
  returning * into known;
  if known.event_id is null then
    select k.* into known
    from audit_private.idempotency_key k
    where k.tenant_id = claim_idempotency_key.tenant_id
      and k.idempotency_key = claim_idempotency_key.idempotency_key;
    if known.content_digest is distinct from claim_idempotency_key.content_digest then
      perform audit_private.refuse_repeat(claim_idempotency_key.idempotency_key);
    end if;
  end if;
  return known.event_id;
end
$$;

ALTER FUNCTION audit_private.claim_idempotency_key(tenant_id uuid, idempotency_key text, event_id uuid, content_digest bytea) OWNER TO audit_writer;

COMMENT ON FUNCTION audit_private.claim_idempotency_key(tenant_id uuid, idempotency_key text, event_id uuid, content_digest bytea) IS 'the event that the key stands for: the given one when the key is new or older than a day';

CREATE FUNCTION audit_private.close_data_schemas(owner_name name) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if to_regrole(quote_ident(close_data_schemas.owner_name)) is null or exists (
    select from audit_private.data_retention d where d.owner_name = close_data_schemas.owner_name
  ) then
    return;
  end if;
  execute format('revoke all on schema audit_private, audit_data from %I', close_data_schemas.owner_name);
  execute format(
    'revoke all on function audit_private.data_purge_terms(uuid, text), '
    'audit_private.data_retention_groups(text, text[]), audit_private.data_retention_waits(text, text[]), '
    'audit_private.note_data_review(uuid, text, jsonb, text[], integer[]), audit_private.note_data_batch('
    'uuid, text, jsonb, integer, jsonb, text[], uuid[], text[], uuid[], text[], text[]) from %I',
    close_data_schemas.owner_name);
end
$$;

ALTER FUNCTION audit_private.close_data_schemas(owner_name name) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.close_data_schemas(owner_name name) IS 'takes back what an owner had for its tables under data retention, once none is left';

CREATE FUNCTION audit_private.close_gate() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform audit_private.require_read_committed();
  lock table audit_private.legal_hold, audit_private.retention_policy, audit_private.retention_floor in share row exclusive mode;
end
$$;

ALTER FUNCTION audit_private.close_gate() OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.close_gate() IS 'until the transaction ends nobody places a hold or changes a policy; the first step of each deletion';

CREATE FUNCTION audit_private.close_next_partition(tried text[]) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lock_timeout TO '100ms'
    AS $$
declare
  closable text;
begin
  select p.partition_name into closable
  from audit_private.event_partitions() p
  where p.until_time <= now() - interval '24 hours'
    and p.partition_name <> all (close_next_partition.tried)
    and exists (select from audit_private.partition_index_statements(p.partition_name, false))
    and not audit_private.is_partition_empty(p.partition_name)
  order by p.from_time desc
  limit 1;
  if closable is not null then
    perform audit.close_partition(closable);
  end if;
  return closable;
exception when lock_not_available then
  return closable;
end
$$;

ALTER FUNCTION audit_private.close_next_partition(tried text[]) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.close_next_partition(tried text[]) IS 'closes the newest partition that is no longer written to, but those tried already, and returns its name, also when it is in use; null when there is none; a step of maintain_partitions';

CREATE FUNCTION audit_private.column_kind(type_id oid, collation_id oid, OUT is_printed boolean, OUT is_exact boolean) RETURNS record
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  with recursive inside as (
    select t.oid, t.typtype, t.typbasetype, t.typelem, t.typcategory
    from pg_type t
    where t.oid = column_kind.type_id
    union all
    select t.oid, t.typtype, t.typbasetype, t.typelem, t.typcategory
    from inside i
    join pg_type t on t.oid = case when i.typtype = 'd' then i.typbasetype when i.typcategory = 'A' then i.typelem end
  )
  select
    bool_or(
      i.oid in ('json'::regtype, 'unknown'::regtype)
      or i.oid >= 16384 and i.typtype <> 'd' and i.typcategory <> 'A'),
    bool_and(
      i.typtype = 'd'
      or i.typcategory = 'A'
      or i.oid = any ('{bool,name,int2,int4,int8,oid,uuid,bytea,date,timestamp,timestamptz,time,inet,macaddr,pg_lsn}'::regtype[]::oid[])
      or i.oid in ('"char"'::regtype, 'text'::regtype, 'varchar'::regtype))
    and coalesce((select c.collisdeterministic from pg_collation c where c.oid = column_kind.collation_id), true)
  from inside i
$$;

ALTER FUNCTION audit_private.column_kind(type_id oid, collation_id oid, OUT is_printed boolean, OUT is_exact boolean) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.column_kind(type_id oid, collation_id oid, OUT is_printed boolean, OUT is_exact boolean) IS 'whether a column''s values are stored as printed, and whether "is distinct from" tells every two of them apart';

CREATE FUNCTION audit_private.columns_digest(relation regclass, is_numbered boolean) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET quote_all_identifiers TO 'off'
    AS $$
  select encode(sha256(convert_to(jsonb_build_array(
    (
      select jsonb_agg(jsonb_build_array(
        case when columns_digest.is_numbered then a.attnum end, a.attname, format_type(a.atttypid, a.atttypmod), a.attcollation::regcollation::text, a.attgenerated) order by a.attnum)
      from pg_attribute a
      where a.attrelid = columns_digest.relation and a.attnum > 0 and not a.attisdropped
    ),
    audit_private.key_columns(columns_digest.relation)
  )::text, 'UTF8')), 'hex')
$$;

ALTER FUNCTION audit_private.columns_digest(relation regclass, is_numbered boolean) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.columns_digest(relation regclass, is_numbered boolean) IS 'digest of a table''s columns and key, to tell whether they changed';

CREATE FUNCTION audit_private.content_digest(action text, entity_type text, entity_id text, description text, target jsonb, changes jsonb, metadata jsonb, outcome text, error_message text, actor_id text, actor_type text) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  select pg_catalog.sha256(pg_catalog.convert_to(
    pg_catalog.jsonb_build_array(
      action, entity_type, entity_id, description,
      nullif(target, pg_catalog.jsonb_build_object('type', entity_type, 'id', entity_id)),
      changes, metadata, outcome, error_message, actor_id, actor_type)::text,
    'UTF8'))
$$;

ALTER FUNCTION audit_private.content_digest(action text, entity_type text, entity_id text, description text, target jsonb, changes jsonb, metadata jsonb, outcome text, error_message text, actor_id text, actor_type text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.content_digest(action text, entity_type text, entity_id text, description text, target jsonb, changes jsonb, metadata jsonb, outcome text, error_message text, actor_id text, actor_type text) IS 'tells a repeat from other content under the same idempotency key';

CREATE FUNCTION audit_private.count_actor_events(tenant_id uuid, actor_ids text[], from_time timestamp with time zone, until_time timestamp with time zone, most bigint) RETURNS TABLE(actor_id text, events bigint)
    LANGUAGE plpgsql SECURITY DEFINER ROWS 100
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "DateStyle" TO 'ISO, YMD'
    AS $_$
begin
  return query execute format(
    'select f.actor_id, count(*)
    from (
      select e.actor_id
      from audit_private.event e
      where e.tenant_id = %L::uuid
        and e.occurred_at >= %L::timestamptz
        and e.occurred_at < %L::timestamptz
        and %s
        and e.actor_id = any ($1)
      limit %s
    ) f
    group by f.actor_id',
    count_actor_events.tenant_id, count_actor_events.from_time, count_actor_events.until_time,
    audit_private.retained_condition(count_actor_events.tenant_id), count_actor_events.most)
  using count_actor_events.actor_ids;
end
$_$;

ALTER FUNCTION audit_private.count_actor_events(tenant_id uuid, actor_ids text[], from_time timestamp with time zone, until_time timestamp with time zone, most bigint) OWNER TO audit_finder;

COMMENT ON FUNCTION audit_private.count_actor_events(tenant_id uuid, actor_ids text[], from_time timestamp with time zone, until_time timestamp with time zone, most bigint) IS 'how many events each of the actors has, counted no further than asked';

CREATE FUNCTION audit_private.count_due(partition_name text, partition_until timestamp with time zone, at timestamp with time zone, tenant_ids uuid[] DEFAULT NULL::uuid[], treats_all_as_exact boolean DEFAULT false, includes_unsealed boolean DEFAULT false) RETURNS TABLE(tenant_id uuid, due bigint, kept_by_floor bigint, kept_by_hold bigint, oldest_at timestamp with time zone, newest_at timestamp with time zone)
    LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 10
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    AS $_$
begin
  return query execute audit_private.deletion_gate(
    count_due.partition_name, count_due.partition_until, count_due.at, count_due.tenant_ids,
    count_due.treats_all_as_exact, includes_unsealed => count_due.includes_unsealed) || format(
    ' select d.tenant_id, n.found - coalesce(k.total, 0), coalesce(k.by_floor, 0), coalesce(k.by_hold, 0),
      o.oldest_at, w.newest_at
    from due d
    cross join lateral (
      select count(*) as found
      from audit_private.%1$I e
      where e.tenant_id = d.tenant_id and e.occurred_at < d.removable_before
    ) n
    left join (
      select p.tenant_id, count(*) as total, count(*) filter (where not p.is_held) as by_floor,
        count(*) filter (where p.is_held) as by_hold
      from kept p
      group by p.tenant_id
    ) k on k.tenant_id = d.tenant_id
    cross join lateral (
      select min(s.occurred_at) as oldest_at
      from (
        select e.occurred_at, e.ctid as place
        from audit_private.%1$I e
        where e.tenant_id = d.tenant_id and e.occurred_at < d.removable_before
        order by e.occurred_at
        limit coalesce(k.total, 0) + 1
      ) s
      where s.place not in (select p.place from kept p)
    ) o
    cross join lateral (
      select max(s.occurred_at) as newest_at
      from (
        select e.occurred_at, e.ctid as place
        from audit_private.%1$I e
        where e.tenant_id = d.tenant_id and e.occurred_at < d.removable_before
        order by e.occurred_at desc
        limit coalesce(k.total, 0) + 1
      ) s
      where s.place not in (select p.place from kept p)
    ) w',
    count_due.partition_name);
end
$_$;

ALTER FUNCTION audit_private.count_due(partition_name text, partition_until timestamp with time zone, at timestamp with time zone, tenant_ids uuid[], treats_all_as_exact boolean, includes_unsealed boolean) OWNER TO audit_keeper;

COMMENT ON FUNCTION audit_private.count_due(partition_name text, partition_until timestamp with time zone, at timestamp with time zone, tenant_ids uuid[], treats_all_as_exact boolean, includes_unsealed boolean) IS 'of each tenant with expired events in a partition: how many are due, and how many of those past the policy are kept';

CREATE FUNCTION audit_private.count_found_events(tenant_id uuid, condition text, from_time timestamp with time zone, until_time timestamp with time zone, most bigint) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "DateStyle" TO 'ISO, YMD'
    AS $$
declare
  found_events bigint;
begin
  execute format(
    'select count(*)
    from (
      select
      from audit_private.event e
      where e.tenant_id = %L::uuid
        and e.occurred_at >= %L::timestamptz
        and e.occurred_at < %L::timestamptz
        and %s
        and (%s)
      limit %s
    ) f',
    count_found_events.tenant_id, count_found_events.from_time, count_found_events.until_time,
    audit_private.retained_condition(count_found_events.tenant_id), count_found_events.condition,
    count_found_events.most)
  into found_events;
  return found_events;
end
$$;

ALTER FUNCTION audit_private.count_found_events(tenant_id uuid, condition text, from_time timestamp with time zone, until_time timestamp with time zone, most bigint) OWNER TO audit_finder;

COMMENT ON FUNCTION audit_private.count_found_events(tenant_id uuid, condition text, from_time timestamp with time zone, until_time timestamp with time zone, most bigint) IS 'how many of a tenant''s events meet a condition, counted no further than asked';

CREATE FUNCTION audit_private.counted_text(value text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  select coalesce(pg_catalog.octet_length(value) || ':' || value, ':')
$$;

ALTER FUNCTION audit_private.counted_text(value text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.counted_text(value text) IS 'a text as sealed entries hold it: bytes, colon, text; null is a lone colon';

CREATE FUNCTION audit_private.create_capture_function(entity_type text, settings text, body text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET quote_all_identifiers TO 'off'
    AS $$
declare
  name constant text := format('audit_private.%I()', 'on_' || create_capture_function.entity_type);
begin
  execute format(
    'create or replace function %s returns trigger language plpgsql volatile parallel unsafe security definer '
    'set search_path = pg_catalog, pg_temp set row_security = on set jit = off set enable_seqscan = off %s as %L',
    name, create_capture_function.settings, create_capture_function.body);
  execute format('comment on function %s is %L', name,
    format('trigger: captures changes of the table of %s; generated by audit.watch', create_capture_function.entity_type));
  execute format('grant execute on function %s to %I', name, audit_private.effective_role());
end
$$;

ALTER FUNCTION audit_private.create_capture_function(entity_type text, settings text, body text) OWNER TO audit_writer;

COMMENT ON FUNCTION audit_private.create_capture_function(entity_type text, settings text, body text) IS 'makes the trigger function of a watched table';

CREATE FUNCTION audit_private.current_actor(OUT actor_id text, OUT actor_type text, OUT actor jsonb) RETURNS record
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if pg_has_role(audit_private.effective_role(), 'audit_app', 'usage') then
    actor_id := nullif(current_setting('pgwitness.actor_id', true), '');
    actor := nullif(current_setting('pgwitness.actor', true), '')::jsonb;
    actor_type := coalesce(
      nullif(current_setting('pgwitness.actor_type', true), ''),
      case when actor_id is not null or actor is not null then 'user' end);
  end if;
  if actor_type is null then
    actor_id := audit_private.effective_role();
    actor_type := 'database_role';
    actor := null;
  elsif actor_type not in ('user', 'system', 'api_key', 'database_role')
    or actor is not null and jsonb_typeof(actor) <> 'object'
  then
    perform audit_private.refuse_actor(actor_type, actor);
  end if;
end
$$;

ALTER FUNCTION audit_private.current_actor(OUT actor_id text, OUT actor_type text, OUT actor jsonb) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.current_actor(OUT actor_id text, OUT actor_type text, OUT actor jsonb) IS 'the context''s actor for members of audit_app, else the database role itself';

CREATE FUNCTION audit_private.current_columns(watched audit_private.watched_table, relation regclass, names text[], or_any_new boolean DEFAULT false) RETURNS text[]
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  with present as (
    select a.attname::text as name, a.attnum as number, o.is_original
    from pg_attribute a
    cross join (
      select coalesce(bool_or(position(format('''%s''::regclass', current_columns.relation::oid) in p.prosrc) > 0), false)
        as is_original
      from pg_proc p
      where p.pronamespace = 'audit_private'::regnamespace and p.proname = 'on_' || watched.entity_type
    ) o
    where a.attrelid = current_columns.relation and a.attnum > 0 and not a.attisdropped
  ),
  known as (
    select k.name, case when p.is_original then p.name else k.name end as now_called, p.is_original
    from unnest(watched.known_columns, watched.known_numbers) as k (name, number)
    join present p on case when p.is_original then p.number = k.number else p.name = k.name end
  )
  select case when names is not null then array(
    select k.now_called from unnest(names) with ordinality as n (name, place) join known k using (name) order by n.place
  ) || case
    when or_any_new and exists (select from unnest(names) as n (name) where not exists (select from known k where k.name = n.name))
      then array(select p.name from present p where not p.is_original and p.name <> all (watched.known_columns))
    else '{}' end end
$$;

ALTER FUNCTION audit_private.current_columns(watched audit_private.watched_table, relation regclass, names text[], or_any_new boolean) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.current_columns(watched audit_private.watched_table, relation regclass, names text[], or_any_new boolean) IS 'what columns that had these names when the table was watched are called now, without those that are gone';

CREATE TABLE audit_private.epoch (
    epoch integer NOT NULL,
    began_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    kind text NOT NULL,
    incarnation text NOT NULL,
    timeline text NOT NULL,
    log_size bigint NOT NULL,
    last_sealed_at timestamp with time zone,
    accepted_at timestamp with time zone,
    accepted_by text,
    accept_reason text,
    CONSTRAINT epoch_kind_check CHECK ((kind = ANY (ARRAY['installed'::text, 'dump_restored'::text, 'point_in_time'::text, 'promoted'::text])))
);

ALTER TABLE audit_private.epoch OWNER TO audit_owner;

COMMENT ON TABLE audit_private.epoch IS 'each life of the log: a restore begins a new one';

COMMENT ON COLUMN audit_private.epoch.epoch IS 'part of the origin that seals and checkpoints name';

COMMENT ON COLUMN audit_private.epoch.began_at IS 'when it was noticed';

COMMENT ON COLUMN audit_private.epoch.kind IS 'installed; dump_restored: another server, database or table; point_in_time: the same database from an earlier moment on; promoted: a standby took over';

COMMENT ON COLUMN audit_private.epoch.incarnation IS 'server, database and table of events';

COMMENT ON COLUMN audit_private.epoch.timeline IS 'of the write-ahead log, in hexadecimal';

COMMENT ON COLUMN audit_private.epoch.log_size IS 'seals that the log had when it began';

COMMENT ON COLUMN audit_private.epoch.last_sealed_at IS 'when the last of those was made';

COMMENT ON COLUMN audit_private.epoch.accepted_at IS 'when a restore was declared; null while nothing may be removed';

COMMENT ON COLUMN audit_private.epoch.accepted_by IS 'login and SET ROLE role';

COMMENT ON COLUMN audit_private.epoch.accept_reason IS 'why it was restored';

CREATE FUNCTION audit_private.current_epoch() RETURNS audit_private.epoch
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL RESTRICTED
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select (
    coalesce(e.epoch, 0) + 1,
    clock_timestamp(),
    case
      when e.epoch is null then 'installed'
      when e.incarnation <> c.incarnation then 'dump_restored'
      when t.has_target or s.sealed_at < clock_timestamp() - interval '15 minutes' then 'point_in_time'
      else 'promoted'
    end,
    c.incarnation, c.timeline, s.log_size, s.sealed_at, null, null, null
  )::audit_private.epoch
  from audit_private.sealing s
  left join audit_private.epoch e on e.epoch = s.epoch
  cross join (
    select audit_private.current_incarnation() as incarnation,
      case when not pg_is_in_recovery() then left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) end as timeline
  ) c
  cross join (
    select bool_or(p.setting <> '') as has_target from pg_settings p
    where p.name in (
      'recovery_target', 'recovery_target_lsn', 'recovery_target_name', 'recovery_target_time', 'recovery_target_xid')
  ) t
  where not pg_is_in_recovery()
    and (e.incarnation, e.timeline) is distinct from (c.incarnation, c.timeline)
$$;

ALTER FUNCTION audit_private.current_epoch() OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.current_epoch() IS 'the epoch that the log has entered and that no run of seal_events has noticed yet; null otherwise';

CREATE FUNCTION audit_private.current_incarnation() RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select format('%s/%s/%s', s.system_identifier, d.oid, 'audit_private.event'::regclass::oid)
  from pg_control_system() s, pg_database d
  where d.datname = current_database()
$$;

ALTER FUNCTION audit_private.current_incarnation() OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.current_incarnation() IS 'names server, database and table, so that a restored one is another';

CREATE FUNCTION audit_private.current_installation() RETURNS TABLE(version text, code_digest text, installed_at timestamp with time zone, migrations text[])
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select i.version, i.code_digest, i.installed_at, i.migrations
  from audit_private.installation i
  order by i.installed_at desc
  limit 1
$$;

ALTER FUNCTION audit_private.current_installation() OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.current_installation() IS 'what is installed; no row when nothing is';

CREATE FUNCTION audit_private.current_reader(OUT actor_id text, OUT actor_type text) RETURNS record
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL RESTRICTED
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select coalesce(a.actor_id, a.actor_type), a.actor_type from audit_private.current_actor() a
$$;

ALTER FUNCTION audit_private.current_reader(OUT actor_id text, OUT actor_type text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.current_reader(OUT actor_id text, OUT actor_type text) IS 'who a session of the current actor is bound to';

CREATE FUNCTION audit_private.current_view() RETURNS text
    LANGUAGE sql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select jsonb_build_object(
    'at', (extract(epoch from clock_timestamp()) * 1000000)::bigint,
    'end', i.transaction_offset + pg_snapshot_xmax(s.snapshot)::text::bigint,
    'own', i.transaction_offset + txid_current(),
    'running', to_jsonb(array(
      select i.transaction_offset + x.number::text::bigint
      from pg_snapshot_xip(s.snapshot) as x (number)
    ))
  )::text
  from audit_private.instance i
  cross join pg_current_snapshot() as s (snapshot)
$$;

ALTER FUNCTION audit_private.current_view() OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.current_view() IS 'the current snapshot as JSON, for a cursor';

CREATE FUNCTION audit_private.cut_columns(columns jsonb) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select jsonb_object_agg(s.name, case
    when s.bytes_so_far <= limits.value::integer then s.content
    else jsonb_build_object(
      'withheld', 'too large',
      'bytes', octet_length(s.content #>> '{}'),
      'sha256', encode(sha256(convert_to(s.content #>> '{}', 'UTF8')), 'hex'))
  end)
  from (
    select c.key as name, c.value as content,
      sum(octet_length(c.value::text) + octet_length(c.key)) over (order by octet_length(c.value::text), c.key) as bytes_so_far
    from jsonb_each(cut_columns.columns) c
  ) s
  join audit_private.option limits on limits.name = 'payload_limit_bytes'
$$;

ALTER FUNCTION audit_private.cut_columns(columns jsonb) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.cut_columns(columns jsonb) IS 'a row or its changes with the largest columns withheld, so that an event keeps to the option payload_limit_bytes';

CREATE FUNCTION audit_private.cut_holds(tenant_id uuid) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  update audit_private.legal_hold h
  set name = case when 'name' = any (h.awaiting_erasure) then '[erased]' else h.name end,
    filter = case when 'filter' = any (h.awaiting_erasure) then '{"erased": true}' else h.filter end,
    actor_ids = case when 'filter' = any (h.awaiting_erasure) then null else h.actor_ids end,
    entity_ids = case when 'filter' = any (h.awaiting_erasure) then null else h.entity_ids end,
    reason = case when 'reason' = any (h.awaiting_erasure) then '[erased]' else h.reason end,
    release_reason = case when 'release_reason' = any (h.awaiting_erasure) then '[erased]' else h.release_reason end,
    awaiting_erasure = '{}'
  where h.tenant_id = cut_holds.tenant_id and h.released_at is not null and h.awaiting_erasure <> '{}'
$$;

ALTER FUNCTION audit_private.cut_holds(tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.cut_holds(tenant_id uuid) IS 'takes what names an erased person out of the holds of a tenant that are released';

CREATE FUNCTION audit_private.cut_payload(payload_limit integer, INOUT description text, INOUT actor jsonb, INOUT target jsonb, INOUT changes jsonb, INOUT metadata jsonb, INOUT error_message text) RETURNS record
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select
    case when octet_length(description) > share.bytes
      then left(description, share.bytes / 5) || format('… [cut: %s bytes]', octet_length(description))
      else description end,
    case when octet_length(actor::text) > share.bytes
      then jsonb_build_object('_cut', octet_length(actor::text)) else actor end,
    case when octet_length(target::text) > share.bytes
      then jsonb_build_object('_cut', octet_length(target::text)) else target end,
    case when octet_length(changes::text) > share.bytes
      then jsonb_build_object('_cut', octet_length(changes::text)) else changes end,
    case when octet_length(metadata::text) > share.bytes
      then jsonb_build_object('_cut', octet_length(metadata::text)) else metadata end,
    case when octet_length(error_message) > share.bytes
      then left(error_message, share.bytes / 5) || format('… [cut: %s bytes]', octet_length(error_message))
      else error_message end
  from (select payload_limit / 6 as bytes) as share
$$;

ALTER FUNCTION audit_private.cut_payload(payload_limit integer, INOUT description text, INOUT actor jsonb, INOUT target jsonb, INOUT changes jsonb, INOUT metadata jsonb, INOUT error_message text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.cut_payload(payload_limit integer, INOUT description text, INOUT actor jsonb, INOUT target jsonb, INOUT changes jsonb, INOUT metadata jsonb, INOUT error_message text) IS 'the payload with whatever is too large cut and marked';

CREATE FUNCTION audit_private.data_children(children jsonb, sources text, condition text) RETURNS TABLE(relation text, alias text, rule text, entity_type text, depth integer, tables text, conditions text, child_join jsonb)
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    SET quote_all_identifiers TO 'off'
    AS $$
  with recursive child as (
    select c.value as entry, 1 as depth, data_children.sources as tables,
      j.conditions || data_children.condition as conditions
    from jsonb_array_elements(data_children.children) c
    cross join lateral (
      select string_agg(format('c1.%I = t.%I and ', j.key, j.value), '' order by j.key) as conditions
      from jsonb_each_text(c.value -> 'join') j
    ) j
    union all
    select c.value, p.depth + 1, format('%s c%s, %s', p.entry ->> 'relation', p.depth, p.tables), j.conditions || p.conditions
    from child p
    cross join lateral jsonb_array_elements(p.entry -> 'children') c
    cross join lateral (
      select string_agg(format('c%s.%I = c%s.%I and ', p.depth + 1, j.key, p.depth, j.value), '' order by j.key) as conditions
      from jsonb_each_text(c.value -> 'join') j
    ) j
  )
  select c.entry ->> 'relation', 'c' || c.depth, c.entry ->> 'rule', c.entry ->> 'entity_type', c.depth, c.tables, c.conditions, c.entry -> 'join'
  from child c
$$;

ALTER FUNCTION audit_private.data_children(children jsonb, sources text, condition text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.data_children(children jsonb, sources text, condition text) IS 'the children of a table under data retention, and theirs, with the SQL that joins them';

CREATE FUNCTION audit_private.data_objects_digest(object_name text, owner_name name) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET quote_all_identifiers TO 'off'
    AS $$
  select case when count(*) = 3 then encode(sha256(convert_to(string_agg(o.definition, '' order by o.definition), 'UTF8')), 'hex') end
  from (
    select jsonb_build_array(p.proname, p.prosrc, p.proconfig, p.prorettype::regtype::text, p.proacl::text)::text as definition
    from pg_proc p
    where p.pronamespace = 'audit_data'::regnamespace and p.prosecdef and p.proowner = to_regrole(quote_ident(owner_name))
      and p.proname in ('review_of_' || object_name, 'purge_of_' || object_name)
      and p.pronargs = 1 and p.proargtypes[0] = 'uuid'::regtype
    union all
    select jsonb_build_array(c.relname, pg_get_viewdef(c.oid), c.reloptions, c.relacl::text)::text
    from pg_class c
    where c.relnamespace = 'audit_data'::regnamespace and c.relkind = 'v' and c.relowner = to_regrole(quote_ident(owner_name))
      and c.relname = 'retention_of_' || object_name
  ) o
$$;

ALTER FUNCTION audit_private.data_objects_digest(object_name text, owner_name name) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.data_objects_digest(object_name text, owner_name name) IS 'digest of the view and functions of a table under data retention, to tell whether somebody changed them';

CREATE FUNCTION audit_private.data_obstacles(entry audit_private.data_retention) RETURNS TABLE(problem text, hint text)
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    SET quote_all_identifiers TO 'off'
    AS $$
  with owner as (
    select r.oid, r.rolsuper or r.rolbypassrls as passes, quote_ident(r.rolname) as name
    from pg_roles r where r.rolname = entry.owner_name
  ),
  needed as (
    select entry.relation as name, '{select,update,delete}'::text[] as rights
    union all
    select l.value ->> 'relation', '{select}' from jsonb_array_elements(entry.levels) l
    union all
    select c.relation, case c.rule when 'keeps' then '{select}'::text[] else '{select,delete}' end
    from audit_private.data_children(entry.children, '', '') c
  ),
  used as (
    select n.name, audit_private.relation_named(n.name) as relation, array_agg(distinct g.item order by g.item desc) as rights
    from needed n
    cross join unnest(n.rights) as g (item)
    group by n.name
  )
  select format('%s is gone, or has another name', u.name),
    format('select audit.drop_data_retention(%L, reason => ''…''); and define it anew', u.name)
  from used u
  where u.relation is null
  union all
  select format('role %s, which owned %s, is gone', entry.owner_name, entry.relation), 'Define it anew as the owner.'
  where not exists (select from owner)
  union all
  select format('%s has another owner now, %s', entry.relation, c.relowner::regrole),
    format('set role %s; and define it anew', c.relowner::regrole)
  from pg_class c
  where c.oid = audit_private.relation_named(entry.relation) and c.relowner <> all (select o.oid from owner o)
  union all
  select format('%s may not use schema %s', o.name, c.relnamespace::regnamespace),
    format('grant usage on schema %s to %s;', c.relnamespace::regnamespace, o.name)
  from used u
  join pg_class c on c.oid = u.relation
  cross join owner o
  where not has_schema_privilege(o.oid, c.relnamespace, 'usage')
  group by c.relnamespace, o.name
  union all
  select format('%s lacks rights on %s: %s', o.name, u.name, string_agg(g.item, ', ')),
    format('grant %s on %s to %s;', string_agg(g.item, ', '), u.name, o.name)
  from used u
  cross join owner o
  cross join unnest(u.rights) as g (item)
  where not has_table_privilege(o.oid, u.relation, g.item)
  group by u.name, o.name
  union all
  select format('row-level security hides rows of %s from %s', u.name, o.name),
    format('create policy %I on %s to %s using (true);', 'Data retention sees every row', u.name, o.name)
  from used u
  join pg_class c on c.oid = u.relation
  cross join owner o
  where c.relrowsecurity and not o.passes and (c.relforcerowsecurity or not pg_has_role(o.oid, c.relowner, 'usage'))
    and exists (
      select from unnest(u.rights) as g (item)
      where not exists (
        select from pg_policy p
        where p.polrelid = c.oid and p.polpermissive
          and p.polcmd in ('*', case g.item when 'select' then 'r' when 'update' then 'w' else 'd' end)
          and exists (select from unnest(p.polroles) as r (id) where case r.id when 0 then true else pg_has_role(o.oid, r.id, 'usage') end)
          and pg_get_expr(p.polqual, p.polrelid) = 'true'
      )
    )
  union all
  select format('the restrictive policy %I hides rows of %s from %s', p.polname, u.name, o.name),
    format('alter policy %I on %s to …; -- roles without %s', p.polname, u.name, o.name)
  from used u
  join pg_class c on c.oid = u.relation
  cross join owner o
  join pg_policy p on p.polrelid = c.oid and not p.polpermissive
  where c.relrowsecurity and not o.passes and (c.relforcerowsecurity or not pg_has_role(o.oid, c.relowner, 'usage'))
    and (p.polcmd in ('*', 'r') or p.polcmd = 'd' and 'delete' = any (u.rights) or p.polcmd = 'w' and 'update' = any (u.rights))
    and exists (select from unnest(p.polroles) as r (id) where case r.id when 0 then true else pg_has_role(o.oid, r.id, 'usage') end)
    and pg_get_expr(p.polqual, p.polrelid) <> 'true'
  union all
  select format('no unique index of %s covers %s', l.value ->> 'relation', k.columns),
    format('create unique index concurrently on %s (%s);', l.value ->> 'relation', k.columns)
  from jsonb_array_elements(entry.levels) l
  cross join lateral (
    select array_agg(j.value ->> 2) as names, string_agg(quote_ident(j.value ->> 2), ', ') as columns
    from jsonb_array_elements(l.value -> 'join') j
  ) k
  where audit_private.relation_named(l.value ->> 'relation') is not null
    and not exists (
      select from pg_index x
      where x.indrelid = audit_private.relation_named(l.value ->> 'relation')
        and x.indisunique and x.indisvalid and x.indpred is null and x.indexprs is null
        and not exists (
          select from unnest(x.indkey) with ordinality as i (number, place)
          join pg_attribute a on a.attrelid = x.indrelid and a.attnum = i.number
          where i.place <= x.indnkeyatts and a.attname <> all (k.names)
        )
    )
  union all
  select format('%s is watched with the values of deleted rows, which would then outlive their retention', u.name),
    replace(audit_private.watch_call(w, u.relation), ');', ', keep_deleted_values => false, reason => ''…'');')
  from used u
  join audit_private.watched_table w on w.entity_type = audit_private.watched_entity_type(u.relation) and w.unwatched_at is null
  where 'delete' = any (u.rights) and w.keep_deleted_values
  union all
  select format('the columns of %s have changed', c.relation), 'Define it anew.'
  from audit_private.data_children(entry.children, '', '') c
  where audit_private.relation_named(c.relation) is not null
    and exists (
      select from jsonb_object_keys(c.child_join) as j (name)
      where not exists (
        select from pg_attribute a
        where a.attrelid = audit_private.relation_named(c.relation) and a.attname = j.name and not a.attisdropped))
$$;

ALTER FUNCTION audit_private.data_obstacles(entry audit_private.data_retention) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.data_obstacles(entry audit_private.data_retention) IS 'what keeps a table''s rows from being resolved and removed whole, each with the SQL that helps';

CREATE FUNCTION audit_private.data_purge_body(entry audit_private.data_retention, relation regclass) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    SET quote_all_identifiers TO 'off'
    AS $_$
  with key as (
    select k.place, format_type(a.atttypid, a.atttypmod) as type, quote_ident(k.name) as name
    from unnest(audit_private.key_columns(data_purge_body.relation)) with ordinality as k (name, place)
    join pg_attribute a on a.attrelid = data_purge_body.relation and a.attname = k.name
  ),
  last_parent as (
    select p.ordinality as number, p.value ->> 'relation' as relation, j.ordinality as place, quote_ident(j.key) as name,
      quote_ident(j.value) as row_name, format_type(a.atttypid, a.atttypmod) as type
    from jsonb_array_elements(entry.children) with ordinality p
    cross join jsonb_each_text(p.value -> 'join') with ordinality j
    join pg_attribute a on a.attrelid = data_purge_body.relation and a.attname = j.value
    where p.value ->> 'rule' = 'with_last'
  )
  select audit_private.fill_template($template$<<purge>>
declare
  terms constant jsonb := audit_private.data_purge_terms($1::uuid, «name»::text);
  rows «view»[];
  outcome jsonb;
  «declarations»
  last_key jsonb;
  looked_at integer;
  late text[];
  locked text[];
  lows integer[];
  highs integer[];
  low integer;
  high integer;
  part text[];
  part_tenants uuid[];
  part_levels text[];
  part_children uuid[];
  gone text[] := '{}';
  gone_tenants uuid[] := '{}';
  gone_levels text[] := '{}';
  gone_children uuid[] := '{}';
  state text;
  message text;
begin
  if terms is null then
    return null;
  end if;
  «after»
  with window_rows as materialized (
    select v.*
    from «view» v
    where (purge.after_1 is null or («view_keys») > («after_keys»))
    order by «view_keys»
    limit (terms ->> 'window_rows')::integer
  )
  select (select count(*) from window_rows),
    (select jsonb_build_array(«text_keys») from window_rows v order by «view_keys_back» limit 1),
    «collected»
  into purge.looked_at, purge.last_key, «key_arrays»
  from window_rows v
  where v."time" < (terms ->> 'decided_at')::timestamptz - make_interval(hours => 24 * v.days)
    and coalesce(v.tenant_id, '00000000-0000-0000-0000-000000000000') <> all (
      array(select t.item::uuid from jsonb_array_elements_text(terms -> 'troubled') as t (item)));

  with mine as (
    select «table_keys»
    from «relation» t
    join unnest(«key_arrays») as k («key_names») on «table_is_key»
    for update of t skip locked
  )
  select «collected_mine» into «my_arrays» from mine v;

  with made as (
    select m.* from jsonb_to_record(terms) as m (decided_at timestamptz, is_armed boolean, last_complete_at timestamptz)
  ),
  hold as materialized (
    select h.* from jsonb_to_recordset(terms -> 'holds') as h (tenant_id uuid, is_own boolean, entity_types text[],
      entity_ids text[], actor_ids text[], from_time timestamptz, until_time timestamptz)
  ),
  candidate as materialized (
    select v as entry, v.*
    from unnest(«key_arrays») as k («key_names»)
    join «view» v on «view_is_key»
  ),
  verdict as materialized (
    select v.*,
      v."time" < made.decided_at - make_interval(hours => 24 * g.days)
        and greatest(v."time" + make_interval(hours => 24 * greatest(v.days, g.days)), g.took_effect_at) <= made.last_complete_at as is_late,
      «verdict» as verdict
    from made
    cross join candidate v
    left join audit_private.data_retention_groups(«name»::text, array(select distinct c.group_key from candidate c)::text[]) g
      on g.group_key = v.group_key
    left join audit_private.data_retention_waits(«name»::text, array(select c.entity_id from candidate c)::text[]) w
      on w.entity_id = v.entity_id
  ),
  judged as materialized (
    select v.*, case when v.verdict = 'due' and m.key_1 is null then 'locked' else v.verdict end as fate
    from verdict v
    left join unnest(«my_arrays») as m («key_names») on «view_is_mine»
  )
  select
    (select array_agg(j.entry order by «judged_keys») from judged j where j.fate = 'due'),
    (
      select jsonb_agg(c)
      from (select j.tenant_id, j.fate, count(*) as rows from judged j where j.fate <> 'due' group by j.tenant_id, j.fate) c
    ),
    array(select j.entity_id from judged j where j.is_late and j.fate in ('waiting', 'held', 'parent')),
    array(select j.entity_id from judged j where j.fate = 'locked' or j.is_late is not true and j.fate in ('held', 'parent'))
  into purge.rows, purge.outcome, purge.late, purge.locked;

  if cardinality(purge.rows) > 0 then
    purge.lows := array[1];
    purge.highs := array[cardinality(purge.rows)];
  end if;
  while cardinality(purge.lows) > 0 loop
    purge.low := purge.lows[cardinality(purge.lows)];
    purge.high := purge.highs[cardinality(purge.highs)];
    purge.lows := trim_array(purge.lows, 1);
    purge.highs := trim_array(purge.highs, 1);
    begin
      purge.part_children := '{}';
«children»
      with removed as (
        delete from «relation» t
        using unnest(purge.rows[purge.low:purge.high]) r
        where «table_is_row»
        returning r.entity_id, r.tenant_id, r.level«parent_columns»
      )
      select array_agg(x.entity_id), array_agg(x.tenant_id), array_agg(x.level)«parent_collected»
      into purge.part, purge.part_tenants, purge.part_levels«parent_arrays»
      from removed x;
      if cardinality(purge.part) = purge.high - purge.low + 1 is not true then
        raise exception 'a trigger kept a row that was deleted' using errcode = 'triggered_action_exception';
      end if;
«parents»
      purge.gone := purge.gone || purge.part;
      purge.gone_tenants := purge.gone_tenants || purge.part_tenants;
      purge.gone_levels := purge.gone_levels || purge.part_levels;
      purge.gone_children := purge.gone_children || purge.part_children;
    exception when others then
      get stacked diagnostics state = returned_sqlstate, message = message_text;
      if purge.low < purge.high then
        purge.lows := purge.lows || ((purge.low + purge.high) / 2 + 1) || purge.low;
        purge.highs := purge.highs || purge.high || ((purge.low + purge.high) / 2);
      elsif purge.state in ('55P03', '40P01') then
        purge.locked := purge.locked || (purge.rows[purge.low]).entity_id;
        purge.outcome := coalesce(purge.outcome, '[]') || jsonb_build_object(
          'tenant_id', (purge.rows[purge.low]).tenant_id, 'fate', 'locked', 'rows', 1);
      else
        purge.locked := purge.locked || (purge.rows[purge.low]).entity_id;
        purge.outcome := coalesce(purge.outcome, '[]') || jsonb_build_object(
          'tenant_id', (purge.rows[purge.low]).tenant_id, 'fate', 'failed', 'rows', 1,
          'error', left(format('%s: %s (%s)', (purge.rows[purge.low]).entity_id, purge.message, purge.state), 500));
      end if;
    end;
  end loop;
  perform audit_private.note_data_batch(
    $1::uuid, «name»::text, purge.last_key::jsonb, purge.looked_at::integer, coalesce(purge.outcome, '[]')::jsonb,
    purge.gone::text[], purge.gone_tenants::uuid[], purge.gone_levels::text[], purge.gone_children::uuid[],
    purge.late::text[], purge.locked::text[]);
  return jsonb_build_object('removed', cardinality(purge.gone));
end
$template$,
    jsonb_build_object(
      'name', quote_literal(entry.relation),
      'relation', entry.relation,
      'view', format('audit_data.%I', 'retention_of_' || entry.object_name),
      'declarations', concat(
        (select string_agg(format(E'after_%1$s %2$s;\n  keys_%1$s %2$s[];\n  mine_%1$s %2$s[];\n  ', k.place, k.type), '' order by k.place) from key k),
        (select string_agg(format(E'parent_%s_%s %s[];\n  ', p.number, p.place, p.type), '' order by p.number, p.place) from last_parent p)),
      'after', (select string_agg(
        format('purge.after_%s := (terms #>> ''{after,%s}'')::%s;', k.place, k.place - 1, k.type), E'\n  ' order by k.place) from key k),
      'view_keys', (select string_agg('v.key_' || k.place, ', ' order by k.place) from key k),
      'view_keys_back', (select string_agg(format('v.key_%s desc', k.place), ', ' order by k.place) from key k),
      'judged_keys', (select string_agg('j.key_' || k.place, ', ' order by k.place) from key k),
      'after_keys', (select string_agg('purge.after_' || k.place, ', ' order by k.place) from key k),
      'text_keys', (select string_agg(format('v.key_%s::text', k.place), ', ' order by k.place) from key k),
      'collected', (select string_agg('array_agg(v.key_' || k.place || ')', ', ' order by k.place) from key k),
      'collected_mine', (select string_agg('array_agg(v.key_' || k.place || ')', ', ' order by k.place) from key k),
      'key_arrays', (select string_agg('purge.keys_' || k.place, ', ' order by k.place) from key k),
      'my_arrays', (select string_agg('purge.mine_' || k.place, ', ' order by k.place) from key k),
      'key_names', (select string_agg('key_' || k.place, ', ' order by k.place) from key k),
      'table_keys', (select string_agg(format('t.%s as key_%s', k.name, k.place), ', ' order by k.place) from key k),
      'table_is_key', (select string_agg(format('t.%s = k.key_%s', k.name, k.place), ' and ' order by k.place) from key k),
      'table_is_row', (select string_agg(format('t.%s = r.key_%s', k.name, k.place), ' and ' order by k.place) from key k),
      'view_is_key', (select string_agg(format('v.key_%s = k.key_%1$s', k.place), ' and ' order by k.place) from key k),
      'view_is_mine', (select string_agg(format('m.key_%s = v.key_%1$s', k.place), ' and ' order by k.place) from key k),
      'verdict', audit_private.data_verdict(entry, data_purge_body.relation),
      'children', (
        select string_agg(
          format($child$      with removed as (
        delete from %s %s
        using %s
        where %s
        returning r.tenant_id
      )
      select purge.part_children || array_agg(x.tenant_id) into purge.part_children from removed x;
$child$, c.relation, c.alias, c.tables, c.conditions), '' order by c.depth desc)
        from audit_private.data_children(
          entry.children, entry.relation || ' t, unnest(purge.rows[purge.low:purge.high]) r',
          (select string_agg(format('t.%s = r.key_%s', k.name, k.place), ' and ' order by k.place) from key k)) c
        where c.rule = 'delete'),
      'parent_columns', (select string_agg(format(', t.%s as parent_%s_%s', p.row_name, p.number, p.place), '' order by p.number, p.place) from last_parent p),
      'parent_collected', (select string_agg(format(', array_agg(x.parent_%s_%s)', p.number, p.place), '' order by p.number, p.place) from last_parent p),
      'parent_arrays', (select string_agg(format(', purge.parent_%s_%s', p.number, p.place), '' order by p.number, p.place) from last_parent p),
      'parents', (
        select string_agg(
          format($parent$      with removed as (
        delete from %1$s p
        using (select distinct on (%2$s) a.* from unnest(purge.part_tenants, %3$s) as a (tenant_id, %2$s)) u
        where %4$s and not exists (select from %5$s t where %6$s)
        returning u.tenant_id
      )
      select purge.part_children || array_agg(x.tenant_id) into purge.part_children from removed x;
$parent$, p.relation, p.names, p.arrays, p.is_parent, entry.relation, p.has_row), '' order by p.number)
        from (
          select l.number, l.relation,
            string_agg('column_' || l.place, ', ' order by l.place) as names,
            string_agg(format('purge.parent_%s_%s', l.number, l.place), ', ' order by l.place) as arrays,
            string_agg(format('p.%s = u.column_%s', l.name, l.place), ' and ' order by l.place) as is_parent,
            string_agg(format('t.%s = p.%s', l.row_name, l.name), ' and ' order by l.place) as has_row
          from last_parent l
          group by l.number, l.relation
        ) p)))
$_$;

ALTER FUNCTION audit_private.data_purge_body(entry audit_private.data_retention, relation regclass) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.data_purge_body(entry audit_private.data_retention, relation regclass) IS 'body of the function that removes a batch of a table under data retention';

CREATE FUNCTION audit_private.data_purge_terms(run_id uuid, relation text) RETURNS jsonb
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    AS $$
declare
  entry audit_private.data_retention;
  run audit_private.job_run;
begin
  perform audit_private.require_read_committed();
  if data_purge_terms.run_id is not null then
    perform audit_private.close_gate();
    select r.* into run
    from audit_private.job_run r
    where r.run_id = data_purge_terms.run_id and r.result = 'running' and r.process_id = pg_backend_pid()
      and r.place ->> 'relation' = data_purge_terms.relation
    for no key update;
    if not found then
      return null;
    end if;
    perform from audit_private.data_retention d where d.relation = data_purge_terms.relation for share;
  end if;
  select d.* into entry from audit_private.data_retention d where d.relation = data_purge_terms.relation;
  if run.run_id is not null and entry.armed_at is null then
    return null;
  end if;
  return jsonb_build_object(
    'decided_at', coalesce(run.started_at, now()),
    'is_armed', entry.armed_at is not null,
    'last_complete_at', entry.last_complete_at,
    'window_rows', 5000,
    'after', run.place -> 'after',
    'troubled', coalesce((
      select jsonb_agg(t.tenant_id)
      from audit_private.data_purge_receipt t
      where t.run_id = run.run_id and t.relation = entry.relation and t.failed >= 1000
    ), '[]'),
    'holds', coalesce((
      select jsonb_agg(h)
      from (
        select l.tenant_id, l.entity_types, l.entity_ids, l.actor_ids, l.from_time, l.until_time,
          entry.entity_type is null or l.entity_types is null or entry.entity_type = any (l.entity_types) as is_own
        from audit_private.legal_hold l
        where l.released_at is null and not l.filter ?| '{action,category,actor_type,outcome,source,id}'::text[]
      ) h
      where h.is_own or exists (
        select from audit_private.data_children(entry.children, '', '') c where c.entity_type = any (h.entity_types)
      )
    ), '[]'));
end
$$;

ALTER FUNCTION audit_private.data_purge_terms(run_id uuid, relation text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.data_purge_terms(run_id uuid, relation text) IS 'moment, holds and place by which a batch decides; null when it is not this table''s turn';

CREATE FUNCTION audit_private.data_resolution_statement(relation regclass) RETURNS text
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET quote_all_identifiers TO 'off'
    AS $_$
declare
  entry constant audit_private.data_retention := audit_private.known_data_retention(data_resolution_statement.relation);
  type text;
begin
  if audit_private.data_objects_digest(entry.object_name, entry.owner_name) is distinct from entry.objects_digest then
    perform audit_private.refuse_data_retention(
      format('the view of %s is not the one that was generated', entry.relation),
      'Somebody has changed it.',
      'Define the data retention of this table anew.');
  end if;
  select min(format_type(a.atttypid, a.atttypmod)) into type
  from unnest(audit_private.key_columns(data_resolution_statement.relation)) as k (name)
  join pg_attribute a on a.attrelid = data_resolution_statement.relation and a.attname = k.name
  having count(*) = 1 and bool_and(a.atttypid = any ('{int2,int4,int8,uuid}'::regtype[]::oid[]));
  return format(
    'select v.level, v.days, v.is_kept, v."time", v."time" + make_interval(hours => 24 * v.days), v.problem '
    'from audit_data.%I v where v.entity_id = $1%s',
    'retention_of_' || entry.object_name, ' and v.key_1 = $1::' || type);
end
$_$;

ALTER FUNCTION audit_private.data_resolution_statement(relation regclass) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.data_resolution_statement(relation regclass) IS 'the statement that resolves one row of a table; raises WT112; a step of resolve_data_retention';

CREATE FUNCTION audit_private.data_retention_groups(relation text, group_keys text[]) RETURNS TABLE(group_key text, days integer, took_effect_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select g.group_key, g.days, g.took_effect_at
  from audit_private.data_retention_group g
  where g.relation = data_retention_groups.relation
    and (data_retention_groups.group_keys is null or g.group_key = any (data_retention_groups.group_keys))
$$;

ALTER FUNCTION audit_private.data_retention_groups(relation text, group_keys text[]) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.data_retention_groups(relation text, group_keys text[]) IS 'the days in force of the groups of a table under data retention, of all when none are named';

CREATE FUNCTION audit_private.data_retention_problem(entry audit_private.data_retention) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    AS $$
  select string_agg(p.problem || ': ' || p.hint, E'\n' order by p.problem)
  from (
    select o.problem, o.hint from audit_private.data_obstacles(entry) o
    union all
    select 'its view or functions are not those that were generated', 'define it anew'
    where audit_private.data_objects_digest(entry.object_name, entry.owner_name) is distinct from entry.objects_digest
  ) p
$$;

ALTER FUNCTION audit_private.data_retention_problem(entry audit_private.data_retention) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.data_retention_problem(entry audit_private.data_retention) IS 'why a run would leave a table alone, with what mends it; null when it wouldn''t';

CREATE FUNCTION audit_private.data_retention_statements(entry audit_private.data_retention, relation regclass) RETURNS text[]
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    SET quote_all_identifiers TO 'off'
    AS $$
  select array[
    format('create view audit_data.%I as %s', 'retention_of_' || entry.object_name,
      audit_private.data_view_statement(entry, data_retention_statements.relation)),
    format('comment on view audit_data.%I is %L', 'retention_of_' || entry.object_name,
      format('effective days and their level of each row of %s; generated by audit.define_data_retention', entry.relation)),
    format('grant select on audit_data.%I to audit_operator', 'retention_of_' || entry.object_name),
    format(f.definition, 'review_of_' || entry.object_name, s.search_path, '',
      audit_private.data_review_body(entry, data_retention_statements.relation)),
    format('revoke all on function audit_data.%I(uuid) from public', 'review_of_' || entry.object_name),
    format('grant execute on function audit_data.%I(uuid) to audit_operator', 'review_of_' || entry.object_name),
    format('comment on function audit_data.%I(uuid) is %L', 'review_of_' || entry.object_name,
      format('counts what would go of %s; generated by audit.define_data_retention', entry.relation)),
    format(f.definition, 'purge_of_' || entry.object_name, s.search_path,
      'set lock_timeout = ''500ms'' set plan_cache_mode = force_custom_plan set enable_seqscan = off set enable_sort = off ',
      audit_private.data_purge_body(entry, data_retention_statements.relation)),
    format('revoke all on function audit_data.%I(uuid) from public', 'purge_of_' || entry.object_name),
    format('grant execute on function audit_data.%I(uuid) to audit_operator', 'purge_of_' || entry.object_name),
    format('comment on function audit_data.%I(uuid) is %L', 'purge_of_' || entry.object_name,
      format('removes a batch of %s; generated by audit.define_data_retention', entry.relation))
  ]
  from (
    select 'create function audit_data.%I(run_id uuid) returns jsonb language plpgsql volatile parallel unsafe security definer '
      'set search_path = %s set jit = off set timezone = ''UTC'' set datestyle = ''ISO, YMD'' set intervalstyle = ''postgres'' '
      'set bytea_output = ''hex'' set extra_float_digits = 1 set lc_monetary = ''C'' set xmlbinary = ''base64'' '
      'set quote_all_identifiers = off %sas %L' as definition
  ) f
  cross join (
    select string_agg(n.name, ', ' order by n.place) || ', pg_temp' as search_path
    from (
      select 'pg_catalog' as name, 1 as place
      union all
      select quote_ident(c.relnamespace::regnamespace::name), 2 from pg_class c where c.oid = data_retention_statements.relation
      union all
      select 'public', 3 from pg_class c
      where c.oid = data_retention_statements.relation and c.relnamespace <> coalesce(to_regnamespace('public'), c.relnamespace)
    ) n
  ) s
$$;

ALTER FUNCTION audit_private.data_retention_statements(entry audit_private.data_retention, relation regclass) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.data_retention_statements(entry audit_private.data_retention, relation regclass) IS 'statements that make the view and functions of a table under data retention';

CREATE FUNCTION audit_private.data_retention_waits(relation text, entity_ids text[]) RETURNS TABLE(entity_id text, waits_until timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select w.entity_id, w.waits_until
  from audit_private.data_retention_wait w
  where w.relation = data_retention_waits.relation
    and (data_retention_waits.entity_ids is null or w.entity_id = any (data_retention_waits.entity_ids))
$$;

ALTER FUNCTION audit_private.data_retention_waits(relation text, entity_ids text[]) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.data_retention_waits(relation text, entity_ids text[]) IS 'rows of a table under data retention that were due before the last run, of all when none are named';

CREATE FUNCTION audit_private.data_review_body(entry audit_private.data_retention, relation regclass) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    SET quote_all_identifiers TO 'off'
    AS $_$
  select audit_private.fill_template($template$declare
  terms constant jsonb := audit_private.data_purge_terms($1::uuid, «name»::text);
  summary jsonb;
  group_keys text[];
  group_days integer[];
begin
  if terms is null then
    return null;
  end if;
  with made as (
    select m.* from jsonb_to_record(terms) as m (decided_at timestamptz, is_armed boolean, last_complete_at timestamptz)
  ),
  hold as materialized (
    select h.* from jsonb_to_recordset(terms -> 'holds') as h (tenant_id uuid, is_own boolean, entity_types text[],
      entity_ids text[], actor_ids text[], from_time timestamptz, until_time timestamptz)
  ),
  judged as (
    select v.tenant_id, v.level, v.days, v.group_key, v."time", v.problem, «verdict» as verdict
    from made
    -- With offset 0 each expression of the view is computed once.
    cross join (select n.* from «view» n offset 0) v
    left join audit_private.data_retention_groups(«name»::text, null::text[]) g on g.group_key = v.group_key
    left join audit_private.data_retention_waits(«name»::text, null::text[]) w on w.entity_id = v.entity_id
  ),
  counted as materialized (
    select j.tenant_id, j.level, j.days, j.group_key, count(*) as rows,
      count(*) filter (where j.verdict = 'due') as due,
      count(*) filter (where j.verdict = 'waiting') as waiting,
      count(*) filter (where j.verdict <> 'kept') as overdue,
      count(*) filter (where j.verdict = 'held') as kept_by_hold,
      count(*) filter (where j.problem is not null) as invalid,
      min(j."time") as oldest_at
    from judged j
    group by j.tenant_id, j.level, j.days, j.group_key
  )
  select
    (
      select coalesce(jsonb_agg(s), '[]')
      from (
        select c.tenant_id, c.level, c.days, sum(c.rows) as rows, sum(c.due) as due, sum(c.waiting) as waiting,
          sum(c.overdue) as overdue,
          sum(c.kept_by_hold) as kept_by_hold, sum(c.invalid) as invalid, min(c.oldest_at) as oldest_at
        from counted c
        group by c.tenant_id, c.level, c.days
        order by c.tenant_id, c.level, c.days
      ) s
    ),
    array_agg(k.group_key), array_agg(k.days)
  into summary, group_keys, group_days
  from (select c.group_key, min(c.days) as days from counted c group by c.group_key) k;
  perform audit_private.note_data_review(
    $1::uuid, «name»::text, summary::jsonb, coalesce(group_keys, '{}')::text[], coalesce(group_days, '{}')::integer[]);
  return summary;
end
$template$,
    jsonb_build_object(
      'name', quote_literal(entry.relation),
      'view', format('audit_data.%I', 'retention_of_' || entry.object_name),
      'verdict', audit_private.data_verdict(entry, data_review_body.relation)))
$_$;

ALTER FUNCTION audit_private.data_review_body(entry audit_private.data_retention, relation regclass) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.data_review_body(entry audit_private.data_retention, relation regclass) IS 'body of the function that counts what would go of a table under data retention';

CREATE FUNCTION audit_private.data_review_statement(relation regclass) RETURNS text
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET quote_all_identifiers TO 'off'
    AS $$
declare
  entry constant audit_private.data_retention := audit_private.known_data_retention(data_review_statement.relation);
  problem constant text := audit_private.data_retention_problem(entry);
begin
  if problem is not null then
    perform audit_private.refuse_data_retention(
      format('%s is not as it was declared', entry.relation), problem, 'Mend that, or define it anew.');
  end if;
  return format('select audit_data.%I(null)', 'review_of_' || entry.object_name);
end
$$;

ALTER FUNCTION audit_private.data_review_statement(relation regclass) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.data_review_statement(relation regclass) IS 'the statement that counts what would go of a table; raises WT112; a step of preview_data_purge';

CREATE FUNCTION audit_private.data_verdict(entry audit_private.data_retention, relation regclass) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    SET quote_all_identifiers TO 'off'
    AS $_$
  select audit_private.fill_template($template$case
    when v.days is null or v."time" < made.decided_at - make_interval(hours => 24 * v.days) is not true then 'kept'
    when made.is_armed and (g.days is null or v."time" >= made.decided_at - make_interval(hours => 24 * g.days)) then 'waiting'
    «keeps»
    when exists (
      select from hold h
      where «tenant»
        and (
          h.is_own and v."time" >= h.from_time and v."time" < h.until_time
            and (h.entity_ids is null or array_position(h.entity_ids, v.entity_id) is not null)«actor»«children»
        )
    ) then 'held'
    when made.is_armed and w.waits_until <= made.decided_at is not true
      and greatest(v."time" + make_interval(hours => 24 * greatest(v.days, g.days)), g.took_effect_at) <= made.last_complete_at then 'waiting'
    else 'due'
  end$template$,
    jsonb_build_object(
      'keeps', (
        select string_agg(format('when exists (select from %s c1, %s where %s) then ''parent''', c.relation, c.tables, c.conditions), E'\n    ')
        from audit_private.data_children(entry.children, t.sources, t.condition) c where c.rule = 'keeps'),
      'tenant', case when entry.tenant_column is null then 'true' else '(h.tenant_id = v.tenant_id or v.tenant_id is null)' end,
      'actor', case when entry.actor_column is null then ''
        else E'\n            and (h.actor_ids is null or array_position(h.actor_ids, v.actor_id) is not null)' end,
      'children', (
        select string_agg(format(
          E'\n          or %L = any (h.entity_types) and exists (\n            select from %s %s, %s\n            where %s '
          'and (h.entity_ids is null or array_position(h.entity_ids, %s) is not null))',
          c.entity_type, c.relation, c.alias, c.tables, c.conditions,
          coalesce(
            regexp_replace(audit_private.key_expression(audit_private.relation_named(c.relation), c.alias), '^audit_private\.captured_entity_id\(', '('),
            'h.entity_ids[1]')), '')
        from audit_private.data_children(entry.children, t.sources, t.condition) c
        where c.rule <> 'keeps' and c.entity_type is not null)))
  from (
    select entry.relation || ' t' as sources,
      string_agg(format('t.%I = v.key_%s', k.name, k.place), ' and ') as condition
    from unnest(audit_private.key_columns(data_verdict.relation)) with ordinality as k (name, place)
  ) t
$_$;

ALTER FUNCTION audit_private.data_verdict(entry audit_private.data_retention, relation regclass) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.data_verdict(entry audit_private.data_retention, relation regclass) IS 'SQL that says of a resolved row whether it is due, or why not';

CREATE FUNCTION audit_private.data_view_statement(entry audit_private.data_retention, relation regclass) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    SET quote_all_identifiers TO 'off'
    AS $_$
  with level as (
    select l.value as entry, l.ordinality as place,
      concat_ws(' and ',
        format('l%s.', l.ordinality) || quote_ident(l.value ->> 'enabled'),
        case
          when l.value ? 'days' and l.value ? 'keep'
            then format('(l%1$s.%2$I or l%1$s.%3$I is not null)', l.ordinality, l.value ->> 'keep', l.value ->> 'days')
          when l.value ? 'keep' then format('l%s.%I', l.ordinality, l.value ->> 'keep')
          when l.value ? 'days' then format('l%s.%I is not null', l.ordinality, l.value ->> 'days')
        end) as decides
    from jsonb_array_elements(entry.levels) with ordinality l
  ),
  deciding as (
    select * from level l where l.entry ? 'days' or l.entry ? 'keep'
  )
  select audit_private.fill_template($template$select «keys», r.entity_id, r.tenant_id, r.actor_id, r."time",
  case when r.found between 1 and 2555 then r.found::integer end as days,
  case r.place «names» end as level,
  coalesce(r.found not between 1 and 2555, true) as is_kept,
  case
    when r.found not between 1 and 2555 then case r.place «days_names» end || ' is ' || r.found
    when r."time" is null then «no_time»
  end as problem,
  «group_key» as group_key
from (
  select «table_keys»,
    «entity_id» as entity_id,
    «tenant» as tenant_id, «actor» as actor_id, «time» as "time",
    case «places» end as place,
    case «founds» end::bigint as found,
    jsonb_build_array(«group»)::text as group_key
  from «relation» t
  «joins»
) r$template$,
    jsonb_build_object(
      'keys', (select string_agg('r.key_' || n, ', ' order by n) from generate_series(1, cardinality(k.names)) n),
      'table_keys', (select string_agg(format('t.%I as key_%s', c.name, c.place), ', ' order by c.place)
        from unnest(k.names) with ordinality as c (name, place)),
      'relation', entry.relation,
      'entity_id', (
        select case when e.expression like 'audit_private.captured_entity_id(%'
          then format(s.shortened, regexp_replace(e.expression, '^audit_private\.captured_entity_id\(', '('))
          else e.expression end
        from audit_private.key_expression(data_view_statement.relation, 't') as e (expression)),
      'group_key', case when g.is_short then 'r.group_key' else format(s.shortened, 'r.group_key') end,
      'tenant', coalesce('t.' || quote_ident(entry.tenant_column), 'null') || '::uuid',
      'actor', coalesce('t.' || quote_ident(entry.actor_column), 'null') || '::text',
      'time', (
        select format(case coalesce(nullif(t.typbasetype, 0), t.oid)::regtype
            when 'timestamptz'::regtype then 't.%I::timestamptz' else 't.%I::timestamp at time zone ''UTC''' end, a.attname)
        from pg_attribute a join pg_type t on t.oid = a.atttypid
        where a.attrelid = data_view_statement.relation and a.attname = entry.time_column),
      'no_time', quote_literal(format('%s has no value', entry.time_column)),
      'names', (select string_agg(format('when %s then %L', d.place, d.entry ->> 'name'), ' ' order by d.place) from deciding d),
      'days_names', (
        select string_agg(format('when %s then %L', d.place, (d.entry ->> 'days') || ' of ' || (d.entry ->> 'name')), ' ' order by d.place)
        from deciding d where d.entry ? 'days'),
      'places', (select string_agg(format('when %s then %s', d.decides, d.place), ' ' order by d.place) from deciding d),
      'founds', (
        select string_agg(
          format('when %s then %s', d.decides,
            case
              when not d.entry ? 'days' then 'null'
              when d.entry ? 'keep'
                then format('case when l%1$s.%2$I then null else l%1$s.%3$I end', d.place, d.entry ->> 'keep', d.entry ->> 'days')
              else format('l%s.%I', d.place, d.entry ->> 'days')
            end), ' ' order by d.place)
        from deciding d),
      'group', (
        select string_agg(format('l%s.%I', d.place, j.value ->> 2), ', ' order by d.place, j.ordinality)
        from deciding d cross join jsonb_array_elements(d.entry -> 'join') with ordinality j),
      'joins', (
        select string_agg(
          format('left join %s l%s on %s', l.entry ->> 'relation', l.place, (
            select string_agg(
              format('l%s.%I = %s.%I', l.place, j.value ->> 2,
                case j.value ->> 0 when '0' then 't' else 'l' || (j.value ->> 0) end, j.value ->> 1), ' and ')
            from jsonb_array_elements(l.entry -> 'join') j)), E'\n  ' order by l.place)
        from level l)))
  from (select audit_private.key_columns(data_view_statement.relation) as names) k
  cross join (
    select 'case when length(%1$s) <= 500 then %1$s else ''sha256:'' || encode(sha256(convert_to(%1$s, ''UTF8'')), ''hex'') end'
      as shortened
  ) s
  cross join (
    select bool_and(a.atttypid = any ('{int2,int4,int8,uuid}'::regtype[]::oid[])) and count(*) <= 10 as is_short
    from deciding d
    cross join jsonb_array_elements(d.entry -> 'join') j
    join pg_attribute a
      on a.attrelid = audit_private.relation_named(d.entry ->> 'relation') and a.attname = j.value ->> 2
  ) g
$_$;

ALTER FUNCTION audit_private.data_view_statement(entry audit_private.data_retention, relation regclass) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.data_view_statement(entry audit_private.data_retention, relation regclass) IS 'the query that resolves the days of each row of a table under data retention';

CREATE FUNCTION audit_private.decide_pending(tenant_id uuid, erasure_id uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    SET enable_nestloop TO 'off'
    SET "DateStyle" TO 'ISO, YMD'
    AS $_$
declare
  is_held constant text := coalesce((
    select string_agg('(' || audit_private.hold_condition(h) || ')', ' or ' order by h.hold_id)
    from audit_private.legal_hold h
    where h.tenant_id = decide_pending.tenant_id and h.released_at is null
  ), 'false');
  span record;
begin
  for span in select w.* from audit_private.pending_windows(decide_pending.tenant_id, decide_pending.erasure_id) w loop
    execute format(
      'update audit_private.pending_erasure p
      set is_held = not p.is_held
      from audit_private.event e
      where p.tenant_id = %1$L::uuid
        and p.erasure_id = %2$L::uuid
        and p.occurred_at >= %3$L::timestamptz
        and p.occurred_at < %4$L::timestamptz
        and e.tenant_id = %1$L::uuid
        and e.occurred_at >= %3$L::timestamptz
        and e.occurred_at < %4$L::timestamptz
        and e.occurred_at = p.occurred_at
        and e.id = p.event_id
        and p.is_held <> (%5$s)',
      decide_pending.tenant_id, decide_pending.erasure_id, span.window_from, span.window_until, is_held);
  end loop;
end
$_$;

ALTER FUNCTION audit_private.decide_pending(tenant_id uuid, erasure_id uuid) OWNER TO audit_keeper;

COMMENT ON FUNCTION audit_private.decide_pending(tenant_id uuid, erasure_id uuid) IS 'decides which of the events that an erasure has found are held';

CREATE FUNCTION audit_private.define_captured(entity_type text, category text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  noun constant text := upper(left(define_captured.entity_type, 1))
    || replace(substr(define_captured.entity_type, 2), '_', ' ');
  chosen constant text := coalesce(define_captured.category, 'data_changes');
  title text;
begin
  if chosen = 'data_changes' and not exists (select from audit_private.category c where c.category = chosen) then
    perform audit.define_category(
      category => chosen,
      titles => '{"en": "Data changes", "sv": "Dataändringar"}',
      descriptions => '{"en": "Rows of watched tables created, updated and deleted", "sv": "Rader i bevakade tabeller som skapats, ändrats och tagits bort"}');
  end if;
  if not exists (select from audit_private.entity_type t where t.entity_type = define_captured.entity_type) then
    perform audit.define_entity_type(
      entity_type => define_captured.entity_type, titles => jsonb_build_object('en', noun));
  end if;
  select coalesce(t.titles ->> 'en', noun) into title
  from audit_private.entity_type t where t.entity_type = define_captured.entity_type;
  perform audit.define_action(
    action => define_captured.entity_type || o.suffix,
    category => coalesce(a.category, chosen),
    titles => coalesce(a.titles, jsonb_build_object('en', title || o.verb)),
    descriptions => coalesce(a.descriptions, '{}'),
    when_too_large => coalesce(a.when_too_large, 'cut'))
  from (
    values ('_created', ' created'), ('_updated', ' updated'), ('_deleted', ' deleted'), ('_truncated', ' table emptied')
  ) as o (suffix, verb)
  left join audit_private.action a on a.action = define_captured.entity_type || o.suffix
  where a.action is null or a.retired_at is not null;
end
$$;

ALTER FUNCTION audit_private.define_captured(entity_type text, category text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.define_captured(entity_type text, category text) IS 'defines the entity type and the actions of a watched table, as far as the catalogue lacks them';

CREATE FUNCTION audit_private.delete_due(partition_name text, partition_until timestamp with time zone, at timestamp with time zone, tenant_id uuid, from_time timestamp with time zone, partition_from timestamp with time zone, run_id uuid, OUT removed bigint, OUT oldest_at timestamp with time zone, OUT newest_at timestamp with time zone, OUT until_time timestamp with time zone) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lock_timeout TO '5s'
    SET jit TO 'off'
    AS $_$
declare
  kept_times timestamptz[];
  kept_ids uuid[];
  removable constant timestamptz := (
    select d.removable_before
    from audit_private.due_tenants(delete_due.partition_until, delete_due.at, false) d
    where d.tenant_id = delete_due.tenant_id
  );
begin
  execute format(
    'select e.occurred_at from audit_private.%I e
    where e.tenant_id = $1 and e.occurred_at > $2 and e.occurred_at < $3
    order by e.occurred_at
    offset 20000 limit 1',
    delete_due.partition_name)
  into until_time
  using delete_due.tenant_id, delete_due.from_time, removable;
  execute audit_private.deletion_gate(
    delete_due.partition_name, delete_due.partition_until, delete_due.at, array[delete_due.tenant_id], false,
    delete_due.from_time, coalesce(until_time, 'infinity')) || format(
    ', gone as (
      delete from audit_private.%1$I e
      using due d
      where e.tenant_id = d.tenant_id
        and e.occurred_at >= $1
        and e.occurred_at < least(d.removable_before, $2)
        and not exists (select from kept k where k.place = e.ctid)
      returning e.occurred_at
    ),
    staying as (
      select array_agg(e.occurred_at) as times, array_agg(e.id) as ids
      from audit_private.%1$I e
      where e.ctid = any (array(select k.place from kept k))
    )
    select count(*), min(g.occurred_at), max(g.occurred_at), (select s.times from staying s), (select s.ids from staying s)
    from gone g',
    delete_due.partition_name)
  into removed, oldest_at, newest_at, kept_times, kept_ids
  using delete_due.from_time, coalesce(until_time, 'infinity');
  if removed > 0 then
    perform audit_private.note_removals(
      delete_due.run_id, delete_due.tenant_id, greatest(delete_due.from_time, delete_due.partition_from),
      least(removable, until_time), kept_times, kept_ids);
  end if;
end
$_$;

ALTER FUNCTION audit_private.delete_due(partition_name text, partition_until timestamp with time zone, at timestamp with time zone, tenant_id uuid, from_time timestamp with time zone, partition_from timestamp with time zone, run_id uuid, OUT removed bigint, OUT oldest_at timestamp with time zone, OUT newest_at timestamp with time zone, OUT until_time timestamp with time zone) OWNER TO audit_keeper;

COMMENT ON FUNCTION audit_private.delete_due(partition_name text, partition_until timestamp with time zone, at timestamp with time zone, tenant_id uuid, from_time timestamp with time zone, partition_from timestamp with time zone, run_id uuid, OUT removed bigint, OUT oldest_at timestamp with time zone, OUT newest_at timestamp with time zone, OUT until_time timestamp with time zone) IS 'removes a slice of a tenant''s due events from a partition; until_time is where the next begins, null after the last; a step of purge_events';

CREATE FUNCTION audit_private.deletion_gate(partition_name text, partition_until timestamp with time zone, at timestamp with time zone, tenant_ids uuid[] DEFAULT NULL::uuid[], treats_all_as_exact boolean DEFAULT false, from_time timestamp with time zone DEFAULT '-infinity'::timestamp with time zone, until_time timestamp with time zone DEFAULT 'infinity'::timestamp with time zone, includes_unsealed boolean DEFAULT false) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    SET "DateStyle" TO 'ISO, YMD'
    AS $_$
  with due as materialized (
    select d.*
    from audit_private.due_tenants(
      deletion_gate.partition_until, deletion_gate.at, deletion_gate.treats_all_as_exact) d
    where d.removable_before > '-infinity'
      and (deletion_gate.tenant_ids is null or d.tenant_id = any (deletion_gate.tenant_ids))
  )
  select format(
    'with recursive due as materialized (
      select d.*
      from unnest(%2$L::uuid[], %3$L::timestamptz[], %4$L::boolean[], %5$L::timestamptz[])
        as d (tenant_id, cutoff, is_exact, removable_before)
      where exists (
        select from audit_private.%1$I e
        where e.tenant_id = d.tenant_id
          and e.occurred_at >= %6$L::timestamptz
          and e.occurred_at < least(d.removable_before, %7$L::timestamptz)
      )
    ),
    kept as materialized (
      select k.place, k.tenant_id, bool_or(k.is_held) as is_held
      from (select null::tid as place, null::uuid as tenant_id, false as is_held where false',
    deletion_gate.partition_name, array_agg(d.tenant_id order by d.tenant_id), array_agg(d.cutoff order by d.tenant_id),
    array_agg(d.is_exact order by d.tenant_id), array_agg(d.removable_before order by d.tenant_id),
    deletion_gate.from_time, deletion_gate.until_time)
    || coalesce((
      select string_agg(format(
        '
        union all
        select e.ctid, d.tenant_id, false
        from due d
        cross join lateral (
          select e.ctid
          from audit_private.%1$I e
          where e.tenant_id = d.tenant_id
            and e.action = any (%2$L::text[])
            and e.occurred_at >= greatest(
              audit_private.removable_before(least(d.cutoff, %3$L::timestamptz), d.is_exact, %4$L::timestamptz),
              %5$L::timestamptz)
            and e.occurred_at < least(d.removable_before, %6$L::timestamptz)
          offset 0
        ) e',
        deletion_gate.partition_name, f.actions, deletion_gate.at - f.days * interval '24 hours',
        deletion_gate.partition_until, deletion_gate.from_time, deletion_gate.until_time), '' order by f.days)
      from (
        select b.days, array_agg(a.action order by a.action) as actions
        from (
          select r.category, max(r.days) as days
          from (
            select * from audit_private.floors_in_force(deletion_gate.at)
            union all
            select * from audit_private.floors_in_force(clock_timestamp())
          ) r
          group by r.category
        ) b
        join audit_private.action a on a.category = b.category
        group by b.days
      ) f
    ), '')
    || coalesce((
      select string_agg(format(
        '
        union all
        select e.ctid, d.tenant_id, true
        from due d
        join audit_private.%1$I e on e.tenant_id = d.tenant_id
        where %2$s
          and e.occurred_at >= %3$L::timestamptz
          and e.occurred_at < least(d.removable_before, %4$L::timestamptz)',
        deletion_gate.partition_name, audit_private.hold_condition(h), deletion_gate.from_time,
        deletion_gate.until_time), '' order by h.hold_id)
      from audit_private.legal_hold h
      where h.released_at is null
        and h.from_time < deletion_gate.partition_until
        and h.tenant_id in (select d.tenant_id from due d)
    ), '')
    || coalesce((
      select format(
        '
        union all
        select e.ctid, d.tenant_id, null
        from due d
        join audit_private.%1$I e on e.tenant_id = d.tenant_id
        where %2$s
          and e.occurred_at >= %3$L::timestamptz
          and e.occurred_at < least(d.removable_before, %4$L::timestamptz)',
        deletion_gate.partition_name, audit_private.unsealed_condition(s), deletion_gate.from_time,
        deletion_gate.until_time)
      from audit_private.sealing s
      where not deletion_gate.includes_unsealed
        and audit_private.has_newer_events(deletion_gate.partition_name, s.snapshot_xmin)
    ), '')
    || ') k
      group by k.place, k.tenant_id
    )'
  from due d
$_$;

ALTER FUNCTION audit_private.deletion_gate(partition_name text, partition_until timestamp with time zone, at timestamp with time zone, tenant_ids uuid[], treats_all_as_exact boolean, from_time timestamp with time zone, until_time timestamp with time zone, includes_unsealed boolean) OWNER TO audit_keeper;

COMMENT ON FUNCTION audit_private.deletion_gate(partition_name text, partition_until timestamp with time zone, at timestamp with time zone, tenant_ids uuid[], treats_all_as_exact boolean, from_time timestamp with time zone, until_time timestamp with time zone, includes_unsealed boolean) IS 'SQL that begins a statement about a partition: due (tenant_id, cutoff, is_exact, removable_before) and kept (place, tenant_id, is_held; null for what is not sealed) of it, by the policies of a moment, between two times';

CREATE FUNCTION audit_private.derived_event_id(tenant_id uuid, occurred_at timestamp with time zone, idempotency_key text) RETURNS uuid
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select audit_private.new_event_id(
    derived_event_id.occurred_at,
    ('x' || left(encode(
      sha256(uuid_send(derived_event_id.tenant_id) || convert_to(derived_event_id.idempotency_key, 'UTF8')),
      'hex'), 16))::bit(64)::bigint & 4611686018427387903)
$$;

ALTER FUNCTION audit_private.derived_event_id(tenant_id uuid, occurred_at timestamp with time zone, idempotency_key text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.derived_event_id(tenant_id uuid, occurred_at timestamp with time zone, idempotency_key text) IS 'the id that a tenant''s idempotency key stands for at a given time';

CREATE FUNCTION audit_private.drop_capture_function(entity_type text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  execute format('drop function if exists audit_private.%I()', 'on_' || drop_capture_function.entity_type);
end
$$;

ALTER FUNCTION audit_private.drop_capture_function(entity_type text) OWNER TO audit_writer;

COMMENT ON FUNCTION audit_private.drop_capture_function(entity_type text) IS 'drops the trigger function of a table that is no longer watched';

CREATE FUNCTION audit_private.drop_data_objects(object_name text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET client_min_messages TO 'warning'
    AS $$
begin
  execute format('drop function if exists audit_data.%I(uuid), audit_data.%I(uuid)',
    'review_of_' || drop_data_objects.object_name, 'purge_of_' || drop_data_objects.object_name);
  execute format('drop view if exists audit_data.%I', 'retention_of_' || drop_data_objects.object_name);
end
$$;

ALTER FUNCTION audit_private.drop_data_objects(object_name text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.drop_data_objects(object_name text) IS 'drops the view and functions of a table under data retention';

CREATE FUNCTION audit_private.drop_empty_partition() RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lock_timeout TO '100ms'
    AS $$
declare
  dropped text;
begin
  select p.partition_name into dropped
  from audit_private.event_partitions() p
  where p.until_time < now() - interval '31 days' and audit_private.is_partition_empty(p.partition_name)
  order by p.from_time
  limit 1;
  if dropped is null then
    return null;
  end if;
  if audit_private.is_partition_empty(dropped, locks_it => true) then
    execute format('drop table audit_private.%I', dropped);
  end if;
  return dropped;
exception when lock_not_available then
  return null;
end
$$;

ALTER FUNCTION audit_private.drop_empty_partition() OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.drop_empty_partition() IS 'drops the oldest partition that is empty and returns its name; null when there is none, or the log is in use; a step of maintain_partitions';

CREATE FUNCTION audit_private.due_jobs() RETURNS text[]
    LANGUAGE sql SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select coalesce(array_agg(s.job_name order by s.last_slot, s.job_name), '{}') from audit_private.job_states() s where s.is_due
$$;

ALTER FUNCTION audit_private.due_jobs() OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.due_jobs() IS 'jobs that have not been started since they should have been, however long ago, and that are not running';

CREATE FUNCTION audit_private.due_tenants(partition_until timestamp with time zone, at timestamp with time zone, treats_all_as_exact boolean) RETURNS TABLE(tenant_id uuid, cutoff timestamp with time zone, is_exact boolean, removable_before timestamp with time zone)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  select p.tenant_id, p.cutoff, p.is_exact,
    audit_private.removable_before(p.cutoff, p.is_exact, due_tenants.partition_until)
  from (
    select b.tenant_id, n.is_exact or due_tenants.treats_all_as_exact as is_exact,
      due_tenants.at - greatest(b.days, n.days) * interval '24 hours' as cutoff
    from audit_private.policies_in_force(due_tenants.at) b
    join audit_private.policies_in_force(pg_catalog.clock_timestamp()) n on n.tenant_id = b.tenant_id
    where b.days is not null and n.days is not null
      and not (select audit_private.is_removal_barred())
      and not exists (
        select from audit_private.export x
        where x.tenant_id = b.tenant_id
          and x.state = 'running'
          and not x.is_straight
          and x.started_at > pg_catalog.clock_timestamp() - interval '24 hours'
      )
  ) p
$$;

ALTER FUNCTION audit_private.due_tenants(partition_until timestamp with time zone, at timestamp with time zone, treats_all_as_exact boolean) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.due_tenants(partition_until timestamp with time zone, at timestamp with time zone, treats_all_as_exact boolean) IS 'each tenant whose events expire, and the time before which those of a partition are to be removed';

CREATE FUNCTION audit_private.effective_role() RETURNS name
    LANGUAGE sql STABLE PARALLEL RESTRICTED
    AS $$
  select case pg_catalog.current_setting('role')
    when 'none' then session_user
    else pg_catalog.current_setting('role')::name
  end
$$;

ALTER FUNCTION audit_private.effective_role() OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.effective_role() IS 'the database role that counts: SET ROLE, else the login';

CREATE FUNCTION audit_private.empty_exports(tenant_id uuid, erasure_id uuid, names text[] DEFAULT '{}'::text[], patterns text[] DEFAULT '{}'::text[]) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  known audit_private.export;
  is_filter_named boolean;
  is_written boolean;
  is_live boolean;
  emptied bigint := 0;
begin
  for known in
    select x.*
    from audit_private.export x
    where x.tenant_id = empty_exports.tenant_id
      and (
        empty_exports.patterns <> '{}'
        or x.state = 'running'
        or exists (select from audit_private.export_chunk c where c.tenant_id = x.tenant_id and c.export_id = x.export_id)
      )
    order by x.export_id
    for no key update
  loop
    is_filter_named := audit_private.is_naming(known.filter, empty_exports.names, empty_exports.patterns);
    is_written := exists (
      select from audit_private.export_chunk c where c.tenant_id = known.tenant_id and c.export_id = known.export_id);
    is_live := audit_private.export_state(known) in ('pending', 'running')
      or audit_private.export_state(known) = 'completed' and not known.is_straight and known.process_id is null;
    if not is_filter_named and not coalesce(known.condition ilike any (empty_exports.patterns), false) then
      continue when known.state <> 'running' and not is_written;
      continue when not audit_private.holds_pending(
          known.tenant_id, empty_exports.erasure_id,
          coalesce(known.condition, audit_private.export_condition(known.resolved_filter)))
        and not exists (
          select
          from audit_private.export_chunk c
          where c.tenant_id = known.tenant_id
            and c.export_id = known.export_id
            and convert_from(c.content, 'UTF8') ilike any (empty_exports.patterns)
        );
    end if;
    delete from audit_private.export_chunk c
    where c.tenant_id = known.tenant_id and c.export_id = known.export_id;
    update audit_private.export x
    set state = case when is_live then 'failed' else x.state end,
      error = case when is_live then 'an event was erased; request it again' else x.error end,
      finished_at = coalesce(x.finished_at, clock_timestamp()),
      condition = null,
      filter = case when is_filter_named then '{"erased": true}' else x.filter end,
      resolved_filter = case when is_filter_named then '{"erased": true}' else x.resolved_filter end
    where x.tenant_id = known.tenant_id and x.export_id = known.export_id
    returning * into known;
    continue when not is_live;
    emptied := emptied + 1;
    perform audit_private.write_export_event(
      known, 'failed', 'An export of the log was ended by an erasure', null,
      jsonb_build_object('rows', known.rows, 'error', known.error));
  end loop;
  return emptied;
end
$$;

ALTER FUNCTION audit_private.empty_exports(tenant_id uuid, erasure_id uuid, names text[], patterns text[]) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.empty_exports(tenant_id uuid, erasure_id uuid, names text[], patterns text[]) IS 'ends and empties the exports that hold what an erasure erases; returns how many';

CREATE FUNCTION audit_private.empty_partition(partition_name text, partition_from timestamp with time zone, partition_until timestamp with time zone, at timestamp with time zone, due bigint, run_id uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    AS $$
declare
  most bigint;
  survivors audit_private.event[];
  tenants uuid[];
  cutoffs timestamptz[];
begin
  if empty_partition.due < 5000 then
    return false;
  end if;
  select least(
    empty_partition.due / 10, 100000,
    268435456 / greatest(pg_table_size(c.oid) / greatest(c.reltuples, empty_partition.due), 1))
  into most
  from pg_class c
  where c.relnamespace = 'audit_private'::regnamespace and c.relname = empty_partition.partition_name;
  execute format('select array_agg(s.event) from (select * from (%s) s limit %s) s',
    audit_private.survivors_statement(
      empty_partition.partition_name, empty_partition.partition_until, empty_partition.at),
    most + 1)
  into survivors;
  if cardinality(survivors) > most then
    return false;
  end if;
  execute audit_private.deletion_gate(
    empty_partition.partition_name, empty_partition.partition_until, empty_partition.at)
    || ' select array_agg(d.tenant_id), array_agg(d.removable_before) from due d'
  into tenants, cutoffs;
  perform audit_private.note_removals(
    empty_partition.run_id, d.tenant_id, empty_partition.partition_from, d.cutoff, k.times, k.ids)
  from unnest(tenants, cutoffs) as d (tenant_id, cutoff)
  left join (
    select s.tenant_id, array_agg(s.occurred_at) as times, array_agg(s.id) as ids
    from unnest(survivors) as s
    group by s.tenant_id
  ) k on k.tenant_id = d.tenant_id;
  execute format('truncate only audit_private.%I', empty_partition.partition_name);
  insert into audit_private.event select s.* from unnest(survivors) as s;
  return true;
end
$$;

ALTER FUNCTION audit_private.empty_partition(partition_name text, partition_from timestamp with time zone, partition_until timestamp with time zone, at timestamp with time zone, due bigint, run_id uuid) OWNER TO audit_keeper;

COMMENT ON FUNCTION audit_private.empty_partition(partition_name text, partition_from timestamp with time zone, partition_until timestamp with time zone, at timestamp with time zone, due bigint, run_id uuid) IS 'removes from a partition all that is due, by TRUNCATE; false where deleting is less work; a step of purge_events';

CREATE FUNCTION audit_private.end_data_purge(run_id uuid) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select audit_private.finish_run(
    end_data_purge.run_id,
    case when bool_or(t.result in ('failed', 'skipped')) then 'failed' else 'succeeded' end,
    format('%s rows of %s tables removed', coalesce(sum(t.removed), 0), count(distinct t.relation))
      || coalesce('; ' || string_agg(distinct format('%s %s: %s', t.relation, t.result, t.error), '; ')
        filter (where t.result <> 'succeeded'), ''))
  from audit_private.data_purge_receipt t
  where t.run_id = end_data_purge.run_id
$$;

ALTER FUNCTION audit_private.end_data_purge(run_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.end_data_purge(run_id uuid) IS 'ends a run with what its receipts say; a step of purge_data';

CREATE FUNCTION audit_private.enter_epoch() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lock_timeout TO '100ms'
    AS $$
declare
  entered audit_private.epoch;
  last bigint;
begin
  perform from audit_private.sealing s for update;
  entered := audit_private.current_epoch();
  if entered.epoch is null then
    return;
  end if;
  if entered.kind = 'dump_restored' then
    last := audit_private.last_transaction_id();
    lock table audit_private.instance, audit_private.role_binding in access exclusive mode;
    last := greatest(
      last, (select s.snapshot_xmax from audit_private.sealing s),
      (select i.transaction_offset from audit_private.instance i) + txid_current());
    update audit_private.instance i set transaction_offset = last + 2147483648;
    update audit_private.sealing s
    set snapshot_xmin = last + 2147483648, snapshot_xmax = last + 2147483648, snapshot_xips = '{}',
      is_caught_up = false, sealed_in = null, raised_in = pg_current_xact_id();
  end if;
  insert into audit_private.epoch values (entered.*);
  update audit_private.sealing s set epoch = entered.epoch;
  if entered.kind <> 'installed' then
    perform audit_private.write_system_event(
      tenant_id => '00000000-0000-0000-0000-000000000000',
      action => 'epoch_begun',
      entity_type => 'audit_epoch',
      entity_id => entered.epoch::text,
      description => format('The log goes on as epoch %s (%s)', entered.epoch, entered.kind),
      metadata => to_jsonb(entered) - '{epoch,accepted_at,accepted_by,accept_reason}'::text[]);
  end if;
end
$$;

ALTER FUNCTION audit_private.enter_epoch() OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.enter_epoch() IS 'notices that the log was restored or has moved, and begins an epoch; the first step of seal_events';

CREATE FUNCTION audit_private.entity_id_digest(e audit_private.event) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  select audit_private.group_digest(
    e.entity_id_digest, audit_private.group_salt(e.salt, e.derived_salts, 'entity_id', 2), 'entity_id',
    audit_private.counted_text(e.entity_id))
$$;

ALTER FUNCTION audit_private.entity_id_digest(e audit_private.event) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.entity_id_digest(e audit_private.event) IS 'what a leaf knows of an event''s entity_id';

CREATE FUNCTION audit_private.entity_title(entity_type text) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select coalesce(t.titles ->> 'en', (select min(v.value) from jsonb_each_text(t.titles) v))
  from audit_private.entity_type t
  where t.entity_type = entity_title.entity_type
$$;

ALTER FUNCTION audit_private.entity_title(entity_type text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.entity_title(entity_type text) IS 'what descriptions call an entity of this type';

CREATE FUNCTION audit_private.erase_beside(tenant_id uuid, names text[], pseudonyms text[], patterns text[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  blank constant text := '[erased]';
begin
  update audit_private.access_session s
  set actor_id = coalesce(
      erase_beside.pseudonyms[array_position(erase_beside.names, lower(s.actor_id))], s.actor_id),
    justification = case when s.justification ilike any (erase_beside.patterns) then blank else s.justification end,
    last_read = case when s.last_read ilike any (erase_beside.patterns) then null else s.last_read end
  where s.tenant_id = erase_beside.tenant_id
    and (
      lower(s.actor_id) = any (erase_beside.names)
      or s.justification ilike any (erase_beside.patterns)
      or s.last_read ilike any (erase_beside.patterns)
    );
  update audit_private.export x
  set actor_id = coalesce(
      erase_beside.pseudonyms[array_position(erase_beside.names, lower(x.actor_id))], x.actor_id),
    error = case when x.error ilike any (erase_beside.patterns) then blank else x.error end
  where x.tenant_id = erase_beside.tenant_id
    and (lower(x.actor_id) = any (erase_beside.names) or x.error ilike any (erase_beside.patterns));

  update audit_private.legal_hold h
  set awaiting_erasure = array(
      select unnest(h.awaiting_erasure)
      union
      select w.name
      from (
        values
          ('name', h.name ilike any (erase_beside.patterns)),
          ('filter', audit_private.is_naming(h.filter, erase_beside.names, erase_beside.patterns)),
          ('reason', h.reason ilike any (erase_beside.patterns)),
          ('release_reason', h.release_reason ilike any (erase_beside.patterns))
      ) as w (name, is_naming)
      where w.is_naming
      order by 1
    )
  where h.tenant_id = erase_beside.tenant_id
    and (
      concat_ws(E'\n', h.name, h.reason, h.release_reason) ilike any (erase_beside.patterns)
      or audit_private.is_naming(h.filter, erase_beside.names, erase_beside.patterns)
    );
  perform audit_private.cut_holds(erase_beside.tenant_id);

  update audit_private.retention_policy p
  set reason = blank
  where p.tenant_id = erase_beside.tenant_id and p.reason ilike any (erase_beside.patterns);
  update audit_private.erasure x
  set reason = blank
  where x.tenant_id = erase_beside.tenant_id and x.reason ilike any (erase_beside.patterns);
  update audit_private.job_run r
  set detail = replace(r.detail, t.error, blank)
  from audit_private.data_purge_receipt t
  where t.tenant_id = erase_beside.tenant_id
    and t.error ilike any (erase_beside.patterns)
    and r.run_id = t.run_id
    and r.result <> 'running';
  update audit_private.data_purge_receipt t
  set error = blank
  where t.tenant_id = erase_beside.tenant_id and t.error ilike any (erase_beside.patterns);
  if erase_beside.tenant_id = '00000000-0000-0000-0000-000000000000' then
    update audit_private.job_run r
    set detail = blank
    where r.result <> 'running' and r.detail ilike any (erase_beside.patterns);
    update audit_private.retention_floor f
    set reason = blank
    where f.reason ilike any (erase_beside.patterns);
    update audit_private.service_grant g
    set reason = blank
    where g.reason ilike any (erase_beside.patterns);
    update audit_private.epoch e
    set accept_reason = blank
    where e.accept_reason ilike any (erase_beside.patterns);
  end if;
end
$$;

ALTER FUNCTION audit_private.erase_beside(tenant_id uuid, names text[], pseudonyms text[], patterns text[]) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.erase_beside(tenant_id uuid, names text[], pseudonyms text[], patterns text[]) IS 'takes what names a person out of all that the log keeps of a tenant beside its events';

CREATE FUNCTION audit_private.erase_gone(run_id uuid, relation text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    AS $$
declare
  entry constant audit_private.data_retention := (
    select d from audit_private.data_retention d where d.relation = erase_gone.relation);
  entity_types text[];
  erasure uuid;
  tenant uuid;
  gone record;
  erased_now bigint;
begin
  select array_agg(distinct w.entity_type) into entity_types
  from (
    select entry.relation
    union all
    select c.relation from audit_private.data_children(entry.children, '', '') c where c.rule <> 'keeps'
  ) r (relation)
  cross join lateral audit_private.watched_entity_type(audit_private.relation_named(r.relation)) as w (entity_type)
  where w.entity_type is not null;
  if entity_types is null then
    return;
  end if;
  for tenant in select distinct g.tenant_id from audit_private.find_gone(entity_types) g order by 1 loop
    erasure := md5(erase_gone.run_id::text || erase_gone.relation || tenant)::uuid;
    insert into audit_private.erasure (tenant_id, erasure_id, kind, reason, requested_by)
    values (tenant, erasure, 'data', entry.decision, audit_private.recorded_by())
    on conflict do nothing;
    for gone in select g.* from audit_private.find_gone(entity_types) g where g.tenant_id = tenant loop
      perform audit_private.find_captured(tenant, erasure, gone.entity_type, gone.entity_ids);
    end loop;
    erased_now := (select c.erased from audit_private.carry_out_erasure(tenant, erasure) c);
    insert into audit_private.data_purge_receipt as t (tenant_id, run_id, relation, decision, erased)
    values (tenant, erase_gone.run_id, erase_gone.relation, entry.decision, erased_now)
    on conflict on constraint data_purge_receipt_pkey do update set erased = t.erased + excluded.erased;
  end loop;
end
$$;

ALTER FUNCTION audit_private.erase_gone(run_id uuid, relation text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.erase_gone(run_id uuid, relation text) IS 'erases the values that were captured from the rows of a table under data retention, and from its children, that this transaction has removed';

CREATE FUNCTION audit_private.erase_notes(tenant_id uuid, names text[], pseudonyms text[], patterns text[], key_patterns text[] DEFAULT '{}'::text[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  update audit_private.capture_spool s
  set actor_id = coalesce(n.pseudonym, s.actor_id),
    entity_id = case when n.is_entity then null else s.entity_id end,
    description = case when n.is_payload then 'A change of which something was erased before it was logged' else s.description end,
    actor = case when n.is_payload then null else s.actor end,
    changes = case when n.is_payload then null else s.changes end,
    target = case when n.is_payload then null else s.target end,
    metadata = case when n.is_payload then null else s.metadata end,
    error = case when s.error ilike any (erase_notes.patterns) then '[erased]' else s.error end
  from (
    select o.spool_id, e.pseudonym, e.is_entity,
      e.pseudonym is not null or e.is_entity
        or coalesce(concat_ws(
          E'\n', o.description,
          audit_private.texts_within(jsonb_build_array(o.actor, o.target, o.changes, o.metadata))
        ) ilike any (erase_notes.patterns), false) as is_payload
    from audit_private.capture_spool o
    cross join lateral (
      select erase_notes.pseudonyms[array_position(erase_notes.names, lower(o.actor_id))] as pseudonym,
        coalesce(lower(o.entity_id) = any (erase_notes.names)
          or starts_with(o.entity_id, '["') and o.entity_id ilike any (erase_notes.key_patterns), false) as is_entity
    ) e
    where coalesce(o.tenant_id, '00000000-0000-0000-0000-000000000000') = erase_notes.tenant_id
  ) n
  where s.spool_id = n.spool_id
    and (n.is_payload or s.error ilike any (erase_notes.patterns));
  delete from audit_private.idempotency_key k
  where k.tenant_id = erase_notes.tenant_id
    and (lower(k.idempotency_key) = any (erase_notes.names) or k.idempotency_key ilike any (erase_notes.patterns));
  update audit_private.purge_receipt r
  set error = '[erased]'
  where r.tenant_id = erase_notes.tenant_id and r.error ilike any (erase_notes.patterns);
end
$$;

ALTER FUNCTION audit_private.erase_notes(tenant_id uuid, names text[], pseudonyms text[], patterns text[], key_patterns text[]) OWNER TO audit_keeper;

COMMENT ON FUNCTION audit_private.erase_notes(tenant_id uuid, names text[], pseudonyms text[], patterns text[], key_patterns text[]) IS 'takes what names a person out of a tenant''s spooled changes, keys of repeats and receipts';

CREATE FUNCTION audit_private.erase_pending(tenant_id uuid, erasure_id uuid, is_noted boolean) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    SET enable_nestloop TO 'off'
    SET "DateStyle" TO 'ISO, YMD'
    AS $_$
declare
  span record;
  erased_now bigint;
  erased_in_all bigint := 0;
begin
  for span in select w.* from audit_private.pending_windows(erase_pending.tenant_id, erase_pending.erasure_id) w loop
    execute format(
      'with due as (
        delete from audit_private.pending_erasure p
        using audit_private.event e
        where p.tenant_id = %1$L::uuid
          and p.erasure_id = %2$L::uuid
          and p.occurred_at >= %3$L::timestamptz
          and p.occurred_at < %4$L::timestamptz
          and not p.is_held
          and e.tenant_id = %1$L::uuid
          and e.occurred_at >= %3$L::timestamptz
          and e.occurred_at < %4$L::timestamptz
          and e.occurred_at = p.occurred_at
          and e.id = p.event_id
        returning p.occurred_at, p.event_id, p.pseudonym,
          ''actor_id'' = any (p.groups) and e.actor_id_digest is null as erases_actor_id,
          ''entity_id'' = any (p.groups) and e.entity_id_digest is null as erases_entity_id,
          ''payload'' = any (p.groups) and e.payload_digest is null as erases_payload
      ),
      erased as (
        update audit_private.event e
        set actor_id = case when d.erases_actor_id then d.pseudonym else e.actor_id end,
          actor_id_digest = case when d.erases_actor_id then audit_private.actor_id_digest(e) else e.actor_id_digest end,
          entity_id = case when d.erases_entity_id then null else e.entity_id end,
          entity_id_digest = case when d.erases_entity_id then audit_private.entity_id_digest(e) else e.entity_id_digest end,
          description = case when d.erases_payload then null else e.description end,
          actor = case when d.erases_payload then null else e.actor end,
          target = case when d.erases_payload then null else e.target end,
          changes = case when d.erases_payload then null else e.changes end,
          metadata = case when d.erases_payload then null else e.metadata end,
          ip = case when d.erases_payload then null else e.ip end,
          user_agent = case when d.erases_payload then null else e.user_agent end,
          request_id = case when d.erases_payload then null else e.request_id end,
          error_message = case when d.erases_payload then null else e.error_message end,
          payload_digest = case when d.erases_payload then audit_private.payload_digest(e) else e.payload_digest end,
          derived_salts = audit_private.left_salts(e, d.erases_actor_id, d.erases_entity_id, d.erases_payload),
          salt = null
        from due d
        where e.tenant_id = %1$L::uuid
          and e.occurred_at >= %3$L::timestamptz
          and e.occurred_at < %4$L::timestamptz
          and e.occurred_at = d.occurred_at
          and e.id = d.event_id
          and (d.erases_actor_id or d.erases_entity_id or d.erases_payload)
        returning d.*
      ),
      forgotten as (
        delete from audit_private.idempotency_key k
        using erased x
        where k.tenant_id = %1$L::uuid and k.event_id = x.event_id
      ),
      noted as (
        insert into audit_private.erased_event (tenant_id, erasure_id, occurred_at, event_id, groups)
        select %1$L::uuid, %2$L::uuid, x.occurred_at, x.event_id, array_remove(array[
          case when x.erases_actor_id then ''actor_id'' end,
          case when x.erases_entity_id then ''entity_id'' end,
          case when x.erases_payload then ''payload'' end], null)
        from erased x
        where %5$L
      )
      select count(*) from erased',
      erase_pending.tenant_id, erase_pending.erasure_id, span.window_from, span.window_until, erase_pending.is_noted)
    into erased_now;
    erased_in_all := erased_in_all + erased_now;
  end loop;
  delete from audit_private.pending_erasure p
  where p.tenant_id = erase_pending.tenant_id and p.erasure_id = erase_pending.erasure_id and not p.is_held;
  return erased_in_all;
end
$_$;

ALTER FUNCTION audit_private.erase_pending(tenant_id uuid, erasure_id uuid, is_noted boolean) OWNER TO audit_keeper;

COMMENT ON FUNCTION audit_private.erase_pending(tenant_id uuid, erasure_id uuid, is_noted boolean) IS 'erases what an erasure has found and no hold keeps, and notes it for the ledger; returns of how many events';

CREATE FUNCTION audit_private.event_envelope(e audit_private.event) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
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

ALTER FUNCTION audit_private.event_envelope(e audit_private.event) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.event_envelope(e audit_private.event) IS 'what is never erased of an event, as it is sealed';

CREATE FUNCTION audit_private.event_id_prefix(occurred_at timestamp with time zone) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  select pg_catalog.lpad(
    pg_catalog.to_hex(
      (pg_catalog.date_part('epoch', occurred_at) * 1000000)::bigint / 1000 * 64536
      + (pg_catalog.date_part('epoch', occurred_at) * 1000000)::bigint
      + 28672),
    16, '0')
$$;

ALTER FUNCTION audit_private.event_id_prefix(occurred_at timestamp with time zone) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.event_id_prefix(occurred_at timestamp with time zone) IS 'the half of a UUIDv7 that gives occurred_at to the microsecond, as 16 hexadecimal digits';

CREATE FUNCTION audit_private.event_partitions() RETURNS TABLE(partition_name text, from_time timestamp with time zone, until_time timestamp with time zone, is_closed boolean)
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    SET "DateStyle" TO 'ISO'
    AS $_$
  select c.relname::text, b.bounds[1]::timestamptz, b.bounds[2]::timestamptz,
    exists (
      select
      from pg_index x
      join pg_attribute a on a.attrelid = x.indrelid and a.attnum = x.indkey[1]
      where x.indrelid = c.oid and x.indisvalid and a.attname = 'action'
    )
  from pg_inherits h
  join pg_class c on c.oid = h.inhrelid
  cross join lateral regexp_match(
    pg_get_expr(c.relpartbound, 0), '^FOR VALUES FROM [(]''(.+)''[)] TO [(]''(.+)''[)]$') as b (bounds)
  where h.inhparent = 'audit_private.event'::regclass
$_$;

ALTER FUNCTION audit_private.event_partitions() OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.event_partitions() IS 'partitions of the event table with their bounds; closed ones have the indexes for reading';

CREATE FUNCTION audit_private.event_time(id uuid) RETURNS timestamp with time zone
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  bits constant bigint := ('x' || left(replace(event_time.id::text, '-', ''), 16))::bit(64)::bigint;
begin
  if (bits >> 12 & 15) <> 7 or (bits & 4095) > 999 then
    return null;
  end if;
  return timestamptz '1970-01-01 00:00:00+00'
    + ((bits >> 16 & 281474976710655) / 1000 || ' seconds')::interval
    + ((bits >> 16 & 281474976710655) % 1000 * 1000 + (bits & 4095)) * interval '1 microsecond';
end
$$;

ALTER FUNCTION audit_private.event_time(id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.event_time(id uuid) IS 'occurred_at of the event with this id; null when no event can have it';

CREATE FUNCTION audit_private.event_windows(from_time timestamp with time zone, until_time timestamp with time zone) RETURNS TABLE(window_from timestamp with time zone, window_until timestamp with time zone)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET standard_conforming_strings TO 'on'
    AS $$
  select min(n.from_time), max(n.until_time)
  from (
    select p.from_time, p.until_time, row_number() over (order by p.from_time desc) as place
    from audit_private.event_partitions() p
    where (p.from_time < event_windows.until_time or event_windows.until_time is null)
      and (p.until_time > event_windows.from_time or event_windows.from_time is null)
      and (
        p.from_time <= clock_timestamp()
        or pg_relation_size(to_regclass(format('audit_private.%I', p.partition_name))) > 0
      )
  ) n
  cross join lateral (
    select case when n.place < 32 then floor(log(2, n.place)) else 4 + n.place / 32 end as step
  ) s
  group by s.step
  order by s.step
$$;

ALTER FUNCTION audit_private.event_windows(from_time timestamp with time zone, until_time timestamp with time zone) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.event_windows(from_time timestamp with time zone, until_time timestamp with time zone) IS 'spans of partitions between two times, newest first and growing, that together hold every event';

CREATE FUNCTION audit_private.expired_partitions(at timestamp with time zone) RETURNS TABLE(partition_name text, from_time timestamp with time zone, until_time timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select p.partition_name, p.from_time, p.until_time
  from audit_private.event_partitions() p
  where p.from_time < (
      select max(expired_partitions.at - r.days * interval '24 hours')
      from audit_private.policies_in_force(expired_partitions.at) r
    )
$$;

ALTER FUNCTION audit_private.expired_partitions(at timestamp with time zone) OWNER TO audit_keeper;

COMMENT ON FUNCTION audit_private.expired_partitions(at timestamp with time zone) IS 'the partitions in which some tenant''s events may have expired';

CREATE FUNCTION audit_private.export_columns(format text) RETURNS TABLE(place bigint, name text, kind text, expression text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
  select c.place, c.name, k.kind,
    case
      when k.kind = 'time' then pg_catalog.format(
        'case when (select pg_catalog.current_setting(''datestyle'') like ''ISO%%'') '
        'then pg_catalog.replace((e.%1$I at time zone interval ''0'')::text, '' '', ''T'') || ''Z'' '
        'else (pg_catalog.to_jsonb(e.%1$I at time zone interval ''0'') #>> ''{}'') || ''Z'' end', c.name)
      when k.kind = 'text' and export_columns.format = 'csv' then pg_catalog.format(
        'case when e.%1$I is null or pg_catalog.ascii(e.%1$I) between 65 and 65290 then e.%1$I '
        'when pg_catalog.ascii(e.%1$I) in (9, 10, 13, 39, 43, 45, 61, 64, 65291, 65293, 65309, 65312) then '''''''' || e.%1$I '
        'else e.%1$I end', c.name)
      when c.name = 'target' then
        'coalesce(e.target, pg_catalog.jsonb_build_object(''type'', e.entity_type, ''id'', e.entity_id))'
      else pg_catalog.format('e.%I', c.name)
    end
  from unnest(
    '{tenant_id,occurred_at,id,recorded_at,sequence,transaction_id,source,category,action,entity_type,entity_id,actor_type,
      actor_id,actor,description,target,changes,metadata,outcome,error_message,ip,user_agent,request_id,recorded_by}'::text[]
  ) with ordinality as c (name, place)
  cross join lateral (
    select case
      when c.name in ('occurred_at', 'recorded_at') then 'time'
      when c.name in ('actor', 'target', 'changes', 'metadata') then 'object'
      when c.name in ('sequence', 'transaction_id') then 'number'
      when c.name in ('tenant_id', 'id', 'source', 'action', 'entity_type', 'actor_type', 'outcome') then 'code'
      when c.name in ('category', 'ip') then 'optional code'
      else 'text'
    end as kind
  ) k
$_$;

ALTER FUNCTION audit_private.export_columns(format text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.export_columns(format text) IS 'the columns of an export, and SQL that writes each of exportable_event e, or of the same columns of the table';

CREATE FUNCTION audit_private.export_condition(filter jsonb) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "DateStyle" TO 'ISO, YMD'
    AS $$
  select concat_ws(' and ',
    '(' || audit_private.filter_condition(export_condition.filter - '{search,actor}'::text[]) || ')',
    (
      select string_agg(
        format('coalesce(e.%I ilike %L, false)',
          case k.key when 'search' then 'search_text' else 'actor_text' end, audit_private.search_pattern(k.key, k.value)),
        ' and ')
      from jsonb_each(export_condition.filter) as k (key, value)
      where k.key in ('search', 'actor')
    ))
$$;

ALTER FUNCTION audit_private.export_condition(filter jsonb) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.export_condition(filter jsonb) IS 'what filter_condition says, as a condition on exportable_event e';

CREATE FUNCTION audit_private.export_line(format text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select case export_line.format
    when 'csv' then pg_catalog.format('pg_catalog.concat_ws('','', %s)', string_agg(
      case
        when c.kind = 'text' then
          pg_catalog.format('coalesce(''"'' || pg_catalog.replace(%s, ''"'', ''""'') || ''"'', '''')', c.expression)
        when c.kind = 'object' then
          pg_catalog.format('coalesce(pg_catalog.quote_ident((%s)::text), '''')', c.expression)
        when c.kind = 'optional code' then pg_catalog.format('pg_catalog.concat(%s)', c.expression)
        else c.expression
      end, ', ' order by c.place))
    else pg_catalog.format('pg_catalog.concat(%s, ''}'')', string_agg(
      pg_catalog.format(
        case
          when c.kind in ('time', 'code') then '''%s"%s":"'', %s, ''"'''
          when c.kind = 'number' then '''%s"%s":'', %s'
          when c.kind = 'object' then '''%s"%s":'', coalesce(%s, ''null''::pg_catalog.jsonb)'
          else '''%s"%s":'', coalesce(pg_catalog.to_json(%s), ''null''::pg_catalog.json)'
        end,
        case c.place when 1 then '{' else ',' end, c.name, c.expression), ', ' order by c.place))
  end
  from audit_private.export_columns(export_line.format) c
$$;

ALTER FUNCTION audit_private.export_line(format text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.export_line(format text) IS 'SQL that writes exportable_event e as a line of an export, without its end';

CREATE TABLE audit_private.export (
    tenant_id uuid NOT NULL,
    export_id uuid DEFAULT gen_random_uuid() NOT NULL,
    is_straight boolean NOT NULL,
    format text NOT NULL,
    filter jsonb NOT NULL,
    resolved_filter jsonb NOT NULL,
    state text NOT NULL,
    requested_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    requested_by text NOT NULL,
    actor_id text NOT NULL,
    actor_type text NOT NULL,
    access_id uuid NOT NULL,
    access_ids uuid[] DEFAULT '{}'::uuid[] NOT NULL,
    started_at timestamp with time zone,
    incarnation text,
    process_id integer,
    noted_at timestamp with time zone,
    condition text,
    spans tstzrange[],
    place_occurred_at timestamp with time zone,
    place_id uuid,
    finished_at timestamp with time zone,
    expires_at timestamp with time zone,
    rows bigint DEFAULT 0 NOT NULL,
    bytes bigint DEFAULT 0 NOT NULL,
    digest text,
    error text,
    CONSTRAINT export_format_check CHECK ((format = ANY (ARRAY['csv'::text, 'jsonl'::text]))),
    CONSTRAINT export_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'running'::text, 'completed'::text, 'failed'::text, 'cancelled'::text, 'expired'::text])))
);

ALTER TABLE ONLY audit_private.export FORCE ROW LEVEL SECURITY;

ALTER TABLE audit_private.export OWNER TO audit_owner;

COMMENT ON TABLE audit_private.export IS 'each export of a tenant''s events';

COMMENT ON COLUMN audit_private.export.tenant_id IS 'whose events';

COMMENT ON COLUMN audit_private.export.export_id IS 'the export';

COMMENT ON COLUMN audit_private.export.is_straight IS 'streamed to a client, in place of written by the job run_exports';

COMMENT ON COLUMN audit_private.export.format IS 'csv or jsonl';

COMMENT ON COLUMN audit_private.export.filter IS 'the filter as it was given';

COMMENT ON COLUMN audit_private.export.resolved_filter IS 'the same, its times as they were in the time zone of who asked';

COMMENT ON COLUMN audit_private.export.state IS 'pending, running, completed, failed, cancelled or expired; a cancellation counts before the job notes it here';

COMMENT ON COLUMN audit_private.export.requested_at IS 'when it was asked for';

COMMENT ON COLUMN audit_private.export.requested_by IS 'login and SET ROLE role that asked';

COMMENT ON COLUMN audit_private.export.actor_id IS 'who asked';

COMMENT ON COLUMN audit_private.export.actor_type IS 'what kind of actor asked';

COMMENT ON COLUMN audit_private.export.access_id IS 'access session that it was asked for in';

COMMENT ON COLUMN audit_private.export.access_ids IS 'access sessions that have begun to download it';

COMMENT ON COLUMN audit_private.export.started_at IS 'the moment that it shows';

COMMENT ON COLUMN audit_private.export.incarnation IS 'server, database and table of events that it was begun in';

COMMENT ON COLUMN audit_private.export.process_id IS 'server process of a worker that writes it into a file; null where it is written into the database, or straight';

COMMENT ON COLUMN audit_private.export.noted_at IS 'when that worker last told how far it is';

COMMENT ON COLUMN audit_private.export.condition IS 'what it holds, as it was fixed at that moment: a condition on events';

COMMENT ON COLUMN audit_private.export.spans IS 'spans of partitions that hold it, newest first';

COMMENT ON COLUMN audit_private.export.place_occurred_at IS 'time of the last event written so far';

COMMENT ON COLUMN audit_private.export.place_id IS 'id of the last event written so far';

COMMENT ON COLUMN audit_private.export.finished_at IS 'when it ended, one way or another';

COMMENT ON COLUMN audit_private.export.expires_at IS 'from then on it can''t be read';

COMMENT ON COLUMN audit_private.export.rows IS 'events written so far';

COMMENT ON COLUMN audit_private.export.bytes IS 'bytes written so far';

COMMENT ON COLUMN audit_private.export.digest IS 'SHA-256 in hexadecimal: of the file when straight, else over the digests of its chunks one behind the other';

COMMENT ON COLUMN audit_private.export.error IS 'why it failed';

CREATE FUNCTION audit_private.export_problem(export audit_private.export) RETURNS text
    LANGUAGE sql SECURITY DEFINER PARALLEL RESTRICTED
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select case
    when (export_problem.export).incarnation is distinct from audit_private.current_incarnation() then
      'the database was restored meanwhile; ask for it anew'
    when (export_problem.export).is_straight then
      case when (export_problem.export).started_at < clock_timestamp() - interval '24 hours'
        then 'its client never told how it ended' end
    when (export_problem.export).started_at < clock_timestamp() - interval '23 hours' then
      'it took longer than 23 hours; ask for less at a time'
  end
$$;

ALTER FUNCTION audit_private.export_problem(export audit_private.export) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.export_problem(export audit_private.export) IS 'why an export that is running can''t go on; null when it can';

CREATE FUNCTION audit_private.export_state(export audit_private.export) RETURNS text
    LANGUAGE sql SECURITY DEFINER PARALLEL RESTRICTED
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select case
    when (export_state.export).state in ('pending', 'running', 'completed') and exists (
      select from audit_private.export_cancellation c
      where c.tenant_id = (export_state.export).tenant_id and c.export_id = (export_state.export).export_id
    ) then 'cancelled'
    when (export_state.export).state = 'completed' and (export_state.export).expires_at <= clock_timestamp() then 'expired'
    else (export_state.export).state
  end
$$;

ALTER FUNCTION audit_private.export_state(export audit_private.export) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.export_state(export audit_private.export) IS 'pending, running, completed, failed, cancelled or expired';

CREATE FUNCTION audit_private.export_statement(export audit_private.export) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select pg_catalog.format(
    'copy (select %s from (select * from audit.exportable_event e where e.tenant_id = %L::uuid and %s '
      'order by e.occurred_at desc, e.id desc) e) to stdout (format csv, %s, encoding ''UTF8'')',
    case (export_statement.export).format
      when 'csv' then (
        select string_agg(pg_catalog.format('%s as %I', c.expression, c.name), ', ' order by c.place)
        from audit_private.export_columns('csv') c
      )
      else audit_private.export_line('jsonl')
    end,
    (export_statement.export).tenant_id, audit_private.export_condition((export_statement.export).resolved_filter),
    case (export_statement.export).format when 'csv' then 'header' else 'quote E''\x01'', delimiter E''\x02''' end)
$$;

ALTER FUNCTION audit_private.export_statement(export audit_private.export) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.export_statement(export audit_private.export) IS 'the COPY statement that streams an export to who runs it';

CREATE FUNCTION audit_private.export_step(export_id uuid) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  events_a_step constant integer := 10000;
  running audit_private.export;
  moment timestamptz;
  problem text;
  written record;
begin
  perform audit_private.require_read_committed();
  if not coalesce((
    select audit_private.may_export(x.tenant_id) from audit_private.export x where x.export_id = export_step.export_id
  ), true) then
    return 'more';
  end if;
  select * into running from audit_private.export x where x.export_id = export_step.export_id for no key update;
  if not found
    or running.is_straight
    or running.process_id is not null
    or audit_private.export_state(running) <> 'running'
  then
    return 'done';
  end if;
  problem := audit_private.export_problem(running);
  if problem is not null then
    perform audit_private.fail_export(running.export_id, problem);
    return 'done';
  end if;

  written := audit_private.write_chunks(
    running.tenant_id, running.export_id, (
      select coalesce(max(c.number), 0)
      from audit_private.export_chunk c
      where c.tenant_id = running.tenant_id and c.export_id = running.export_id
    ), running.format, running.condition, running.spans,
    running.place_occurred_at, running.place_id, events_a_step,
    running.bytes <= running.rows * 800);
  update audit_private.export x
  set rows = x.rows + written.rows,
    bytes = x.bytes + written.bytes,
    place_occurred_at = coalesce(written.last_occurred_at, x.place_occurred_at),
    place_id = coalesce(written.last_id, x.place_id)
  where x.tenant_id = running.tenant_id and x.export_id = running.export_id;
  if not written.is_last then
    return 'more';
  end if;

  moment := clock_timestamp();
  update audit_private.export x
  set state = 'completed',
    finished_at = moment,
    expires_at = moment + interval '24 hours',
    digest = (
      select encode(sha256(convert_to(coalesce(string_agg(c.digest, '' order by c.number), ''), 'UTF8')), 'hex')
      from audit_private.export_chunk c
      where c.tenant_id = x.tenant_id and c.export_id = x.export_id
    )
  where x.tenant_id = running.tenant_id and x.export_id = running.export_id
  returning * into running;
  perform audit_private.write_export_event(
    running, 'completed', 'An export of the log is complete', null,
    jsonb_build_object('rows', running.rows, 'bytes', running.bytes, 'digest', running.digest));
  return 'done';
end
$$;

ALTER FUNCTION audit_private.export_step(export_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.export_step(export_id uuid) IS 'writes the next chunks of an export: more to do, or done; a step of run_exports';

CREATE FUNCTION audit_private.exports_left(tenant_id uuid) RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select greatest(0, 2 - count(*))
  from audit_private.export x
  where x.tenant_id = exports_left.tenant_id and x.state = 'running' and not x.is_straight
$$;

ALTER FUNCTION audit_private.exports_left(tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.exports_left(tenant_id uuid) IS 'how many more exports of a tenant may begin: two run at a time';

CREATE FUNCTION audit_private.fail_data_purge(run_id uuid, error text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select audit_private.finish_data_purge(r.run_id, r.place ->> 'relation', 'failed', left(fail_data_purge.error, 500))
  from audit_private.job_run r
  where r.run_id = fail_data_purge.run_id and r.result = 'running' and r.place ->> 'stage' in ('review', 'purge')
$$;

ALTER FUNCTION audit_private.fail_data_purge(run_id uuid, error text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.fail_data_purge(run_id uuid, error text) IS 'ends what a run does with its table, because of an error; a step of purge_data';

CREATE FUNCTION audit_private.fail_export(export_id uuid, error text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  failed audit_private.export;
begin
  update audit_private.export x
  set state = 'failed', finished_at = clock_timestamp(), error = left(fail_export.error, 2000)
  where x.export_id = fail_export.export_id and x.state in ('pending', 'running')
  returning * into failed;
  if not found then
    return;
  end if;
  delete from audit_private.export_chunk c
  where c.tenant_id = failed.tenant_id and c.export_id = failed.export_id;
  perform audit_private.write_export_event(
    failed, 'failed', 'An export of the log failed', null, jsonb_build_object('rows', failed.rows, 'error', failed.error));
end
$$;

ALTER FUNCTION audit_private.fail_export(export_id uuid, error text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.fail_export(export_id uuid, error text) IS 'ends an export with an error, takes back what it had written, and logs it; a step of run_exports';

CREATE FUNCTION audit_private.faulty_event(events jsonb) RETURNS bigint
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  element record;
begin
  for element in
    select e.value, e.index - 1 as index
    from jsonb_array_elements(faulty_event.events) with ordinality as e (value, index)
  loop
    begin
      perform e.* from audit_private.batch_events(jsonb_build_array(element.value)) e;
    exception when data_exception then
      return element.index;
    end;
  end loop;
  return null;
end
$$;

ALTER FUNCTION audit_private.faulty_event(events jsonb) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.faulty_event(events jsonb) IS 'index of the first event with a value of the wrong type';

CREATE FUNCTION audit_private.fill_template(template text, parts jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select string_agg(p.piece[1] || coalesce(parts ->> p.piece[2], ''), '' order by p.place)
  from regexp_matches(template, '([^«]*)(?:«([a-z_]+)»)?', 'g') with ordinality as p (piece, place)
$$;

ALTER FUNCTION audit_private.fill_template(template text, parts jsonb) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.fill_template(template text, parts jsonb) IS 'a text whose «names» are replaced by the parts of these names';

CREATE FUNCTION audit_private.filter_bounds(filter jsonb, OUT from_time timestamp with time zone, OUT until_time timestamp with time zone) RETURNS record
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select
    greatest(audit_private.filter_time(filter_bounds.filter, 'from'), min(i.occurred_at)),
    least(audit_private.filter_time(filter_bounds.filter, 'to'), max(i.occurred_at) + interval '1 microsecond')
  from (
    select audit_private.event_time(v.id::uuid) as occurred_at
    from unnest(audit_private.filter_values(filter_bounds.filter, 'id', false)) as v (id)
  ) i
$$;

ALTER FUNCTION audit_private.filter_bounds(filter jsonb, OUT from_time timestamp with time zone, OUT until_time timestamp with time zone) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.filter_bounds(filter jsonb, OUT from_time timestamp with time zone, OUT until_time timestamp with time zone) IS 'the times between which a filter can find anything; null where it sets no bound';

CREATE FUNCTION audit_private.filter_condition(filter jsonb, uses_text_index boolean DEFAULT false) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "DateStyle" TO 'ISO, YMD'
    AS $$
declare
  keys constant text[] :=
    '{action,category,entity_type,entity_id,actor_id,actor_type,outcome,source,request_id,ip,id,actor,search,metadata,from,to}';
  key text;
  given jsonb;
  chosen text[];
  known text[];
  unknown text;
  conditions text[] := '{}';
  from_time timestamptz;
  to_time timestamptz;
begin
  if jsonb_typeof(filter_condition.filter) is distinct from 'object' then
    raise exception using
      errcode = 'WT040',
      message = 'a filter is a JSON object',
      detail = format('It is %s.', coalesce(left(filter_condition.filter::text, 200), 'null')),
      hint = 'For example: {"action": "user_created", "from": "2026-05-04"}; {} finds everything.';
  end if;
  if octet_length(filter_condition.filter::text) > 32768 then
    raise exception using
      errcode = 'WT040',
      message = 'the filter is too large',
      detail = format('It has %s bytes; 32768 are allowed, since it is logged with each read.',
        octet_length(filter_condition.filter::text)),
      hint = 'Ask for fewer values at a time.';
  end if;

  for key, given in select k.key, k.value from jsonb_each(filter_condition.filter) as k order by k.key loop
    if key <> all (keys) then
      raise exception using
        errcode = 'WT040',
        message = format('filter key %I is unknown', key),
        detail = 'Known keys: ' || array_to_string(keys, ', '),
        hint = 'Values inside metadata are found with {"metadata": {…}}, text anywhere with {"search": "…"}.';
    end if;

    if key in ('action', 'category', 'entity_type', 'actor_type', 'outcome', 'source') then
      chosen := audit_private.filter_values(filter_condition.filter, key, false);
      known := case key
        when 'action' then array(select a.action from audit_private.action a where a.action = any (chosen))
        when 'category' then array(select c.category from audit_private.category c where c.category = any (chosen))
        when 'entity_type' then
          array(select t.entity_type from audit_private.entity_type t where t.entity_type = any (chosen))
        when 'actor_type' then
          array(select t.actor_type from audit_private.actor_type t where t.actor_type = any (chosen))
        when 'outcome' then array(select o.outcome from audit_private.outcome o where o.outcome = any (chosen))
        else '{logged,captured,imported,system}'::text[]
      end;
      select string_agg(format('%L', v.value), ', ' order by v.value)
      into unknown
      from unnest(chosen) as v (value)
      where v.value <> all (known);
      if unknown is not null then
        raise exception using
          errcode = 'WT040',
          message = format('filter key %I has an unknown value: %s', key, left(unknown, 200)),
          detail = case key when 'source' then 'Sources are logged, captured, imported and system.'
            else 'It is not in the catalogue, and never was.' end,
          hint = 'Codes and their meaning: select * from audit.list_catalogue();';
      end if;
      if key = 'category' then
        key := 'action';
        chosen := array(select a.action from audit_private.action a where a.category = any (chosen) order by 1);
      end if;
    elsif key in ('entity_id', 'actor_id', 'request_id', 'ip', 'id') then
      chosen := audit_private.filter_values(filter_condition.filter, key, key <> 'id');
    end if;

    conditions := conditions || case key
      when 'ip' then audit_private.ip_condition(chosen)
      when 'id' then audit_private.id_condition(chosen)
      when 'actor' then audit_private.text_condition('e.actor_id, e.actor, null, null', key, given, false)
      when 'search' then audit_private.text_condition(
        'e.description, e.actor, e.target, e.metadata', key, given, filter_condition.uses_text_index)
      when 'metadata' then format('e.metadata @> %L::jsonb', given)
      when 'from' then format('e.occurred_at >= %L::timestamptz', audit_private.filter_time(filter_condition.filter, key))
      when 'to' then format('e.occurred_at < %L::timestamptz', audit_private.filter_time(filter_condition.filter, key))
      else audit_private.value_condition(key, chosen)
    end;
    if key = 'metadata' and jsonb_typeof(given) <> 'object' then
      perform audit_private.refuse_filter(key, given, 'an object that the event''s metadata contains');
    end if;
  end loop;

  from_time := audit_private.filter_time(filter_condition.filter, 'from');
  to_time := audit_private.filter_time(filter_condition.filter, 'to');
  if from_time > to_time then
    raise exception using
      errcode = 'WT040',
      message = 'filter key "from" is later than "to"',
      detail = format('from is %s, to is %s.', from_time, to_time),
      hint = '"from" is the first moment that counts, "to" the first that doesn''t.';
  end if;
  return case when conditions = '{}' then 'true' else array_to_string(conditions, ' and ') end;
end
$$;

ALTER FUNCTION audit_private.filter_condition(filter jsonb, uses_text_index boolean) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.filter_condition(filter jsonb, uses_text_index boolean) IS 'the filter as an SQL condition on audit_private.event e; raises WT040 naming the key that is wrong';

CREATE FUNCTION audit_private.filter_scope(tenant_id uuid, filter jsonb) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select jsonb_build_array(
    filter_scope.tenant_id,
    filter_scope.filter - '{from,to}'::text[],
    extract(epoch from audit_private.filter_time(filter_scope.filter, 'from')),
    extract(epoch from audit_private.filter_time(filter_scope.filter, 'to'))
  )::text
$$;

ALTER FUNCTION audit_private.filter_scope(tenant_id uuid, filter jsonb) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.filter_scope(tenant_id uuid, filter jsonb) IS 'tenant and filter in one form, to tell cursors apart';

CREATE FUNCTION audit_private.filter_time(filter jsonb, key text) RETURNS timestamp with time zone
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  given constant text := filter_time.filter ->> filter_time.key;
begin
  if not filter_time.filter ? filter_time.key then
    return null;
  end if;
  if jsonb_typeof(filter_time.filter -> filter_time.key) = 'string' then
    if given ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' then
      return (given::date + case when filter_time.key = 'to' then 1 else 0 end)::timestamptz;
    elsif given ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?$' then
      return given::timestamptz;
    end if;
  end if;
  perform audit_private.refuse_filter(filter_time.key, filter_time.filter -> filter_time.key,
    'a date or time in ISO 8601, such as "2026-05-04" or "2026-05-04T13:30:00Z"');
exception
  when datetime_field_overflow or invalid_datetime_format or invalid_time_zone_displacement_value then
    perform audit_private.refuse_filter(filter_time.key, filter_time.filter -> filter_time.key,
      'a date or time that exists');
end
$_$;

ALTER FUNCTION audit_private.filter_time(filter jsonb, key text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.filter_time(filter jsonb, key text) IS 'the bound that a filter''s from or to stands for; null when the filter has none';

CREATE FUNCTION audit_private.filter_values(filter jsonb, key text, may_be_null boolean) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  given constant jsonb := filter_values.filter -> filter_values.key;
  listed constant jsonb := case when jsonb_typeof(given) = 'array' then given else jsonb_build_array(given) end;
begin
  if given is null then
    return null;
  end if;
  if listed = '[]'
    or exists (
      select from jsonb_array_elements(listed) as v (value)
      where jsonb_typeof(v.value) not in ('string', 'number')
        and not (jsonb_typeof(v.value) = 'null' and filter_values.may_be_null)
    )
  then
    perform audit_private.refuse_filter(filter_values.key, given,
      'a text or a non-empty array of texts' || case when filter_values.may_be_null then ', or null' else '' end);
  end if;
  return array(select distinct v.value #>> '{}' from jsonb_array_elements(listed) as v (value));
end
$$;

ALTER FUNCTION audit_private.filter_values(filter jsonb, key text, may_be_null boolean) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.filter_values(filter jsonb, key text, may_be_null boolean) IS 'the values of one filter key, null among them for null; null when the filter lacks the key';

CREATE TABLE audit_private.access_session (
    tenant_id uuid NOT NULL,
    access_id uuid NOT NULL,
    access_reason text NOT NULL,
    justification text NOT NULL,
    actor_id text NOT NULL,
    actor_type text NOT NULL,
    recorded_by text NOT NULL,
    opened_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    opened_in xid8 DEFAULT pg_current_xact_id() NOT NULL,
    last_used_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    last_read_in xid8,
    last_read_at timestamp with time zone,
    last_read text
);

ALTER TABLE ONLY audit_private.access_session FORCE ROW LEVEL SECURITY;

ALTER TABLE audit_private.access_session OWNER TO audit_owner;

COMMENT ON TABLE audit_private.access_session IS 'justified access to a tenant''s events';

COMMENT ON COLUMN audit_private.access_session.tenant_id IS 'whose events may be read';

COMMENT ON COLUMN audit_private.access_session.access_id IS 'the session';

COMMENT ON COLUMN audit_private.access_session.access_reason IS 'reason from the catalogue';

COMMENT ON COLUMN audit_private.access_session.justification IS 'the reader''s own words';

COMMENT ON COLUMN audit_private.access_session.actor_id IS 'who reads';

COMMENT ON COLUMN audit_private.access_session.actor_type IS 'what kind of actor reads';

COMMENT ON COLUMN audit_private.access_session.recorded_by IS 'login and SET ROLE role that opened it; no other may use it';

COMMENT ON COLUMN audit_private.access_session.opened_at IS 'it ends 8 hours later at the latest';

COMMENT ON COLUMN audit_private.access_session.opened_in IS 'the session counts only once this transaction has committed';

COMMENT ON COLUMN audit_private.access_session.last_used_at IS 'it ends an hour later when nothing is read';

COMMENT ON COLUMN audit_private.access_session.last_read_in IS 'transaction of the last read';

COMMENT ON COLUMN audit_private.access_session.last_read_at IS 'start of the statement that read last';

COMMENT ON COLUMN audit_private.access_session.last_read IS 'route and filter of the last read';

CREATE FUNCTION audit_private.find_access(tenant_id uuid) RETURNS SETOF audit_private.access_session
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL RESTRICTED
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select s.*
  from audit_private.access_session s
  cross join audit_private.current_reader() r
  where s.tenant_id = find_access.tenant_id
    and s.actor_id = r.actor_id
    and s.actor_type = r.actor_type
    and s.recorded_by = audit_private.recorded_by()
    and s.opened_at > clock_timestamp() - interval '8 hours'
    and audit_private.access_expiry(s.opened_at, s.last_used_at, null) > clock_timestamp()
    and s.opened_in is distinct from pg_current_xact_id_if_assigned()
    and case
      when nullif(current_setting('pgwitness.access_id', true), '') is not null
        then s.access_id::text = lower(current_setting('pgwitness.access_id', true))
      else not audit_private.is_service_role()
    end
    and not exists (
      select from audit_private.access_closing c
      where c.tenant_id = s.tenant_id and c.access_id = s.access_id
    )
  order by s.opened_at desc
  limit 1
$$;

ALTER FUNCTION audit_private.find_access(tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.find_access(tenant_id uuid) IS 'the caller''s usable access session in a tenant: its own, open, committed; no row without one';

CREATE FUNCTION audit_private.find_actors(tenant_id uuid, from_time timestamp with time zone, until_time timestamp with time zone, is_closed boolean, pattern text) RETURNS TABLE(actor_id text, occurred_at timestamp with time zone, id uuid, is_match boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "DateStyle" TO 'ISO, YMD'
    AS $_$
declare
  span constant text := format(
    'e.tenant_id = %L::uuid and e.occurred_at >= %L::timestamptz and e.occurred_at < %L::timestamptz and %s',
    find_actors.tenant_id, find_actors.from_time, find_actors.until_time,
    audit_private.retained_condition(find_actors.tenant_id));
begin
  return query execute
    case when find_actors.is_closed then format(
      'with recursive newest as (
        (
          select e.actor_id, e.occurred_at, e.id
          from audit_private.event e
          where %1$s and e.actor_id is not null
          order by e.actor_id, e.occurred_at desc, e.id desc
          limit 1
        )
        union all
        select step.actor_id, step.occurred_at, step.id
        from newest n
        cross join lateral (
          select e.actor_id, e.occurred_at, e.id
          from audit_private.event e
          where %1$s and e.actor_id > n.actor_id
          order by e.actor_id, e.occurred_at desc, e.id desc
          limit 1
        ) step
      ),
      actor as (select n.* from newest n limit 50000)', span)
    else format(
      'with actor as (
        select g.actor_id, g.occurred_at, (
          select e.id from audit_private.event e
          where %1$s and e.occurred_at = g.occurred_at and e.actor_id = g.actor_id
          order by e.id desc
          limit 1
        ) as id
        from (
          select r.actor_id, max(r.occurred_at) as occurred_at
          from (
            select e.actor_id, e.occurred_at
            from audit_private.event e
            where %1$s
            order by e.occurred_at desc, e.id desc
            limit 1000000
          ) r
          where r.actor_id is not null
          group by r.actor_id
          order by max(r.occurred_at) desc
          limit 50000
        ) g
      )', span)
    end || case when find_actors.pattern is null then
      ' select a.actor_id, a.occurred_at, a.id, true from actor a'
    else format(
      ' select a.actor_id, a.occurred_at, a.id,
        audit_private.search_text_v1(e.actor_id, e.actor, null, null) ilike %L
      from actor a
      join audit_private.event e on %s and e.occurred_at = a.occurred_at and e.id = a.id',
      find_actors.pattern, span)
    end;
end
$_$;

ALTER FUNCTION audit_private.find_actors(tenant_id uuid, from_time timestamp with time zone, until_time timestamp with time zone, is_closed boolean, pattern text) OWNER TO audit_finder;

COMMENT ON FUNCTION audit_private.find_actors(tenant_id uuid, from_time timestamp with time zone, until_time timestamp with time zone, is_closed boolean, pattern text) IS 'keys of each actor''s newest event in one partition, and whether that event''s actor matches a pattern';

CREATE FUNCTION audit_private.find_captured(tenant_id uuid, erasure_id uuid, entity_type text, entity_ids text[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "DateStyle" TO 'ISO, YMD'
    SET jit TO 'off'
    AS $_$
declare
  span record;
begin
  for span in select w.* from audit_private.event_windows(null, null) w loop
    execute format(
      'insert into audit_private.pending_erasure (tenant_id, erasure_id, occurred_at, event_id, groups)
      select %1$L::uuid, %2$L::uuid, e.occurred_at, e.id, ''{payload}''
      from audit_private.event e
      where e.tenant_id = %1$L::uuid
        and e.occurred_at >= %3$L::timestamptz
        and e.occurred_at < %4$L::timestamptz
        and e.entity_type = %5$L
        and e.entity_id = any ($1)
        and e.source = ''captured''
        and e.payload_digest is null
      on conflict do nothing',
      find_captured.tenant_id, find_captured.erasure_id, span.window_from, span.window_until, find_captured.entity_type)
    using find_captured.entity_ids;
  end loop;
end
$_$;

ALTER FUNCTION audit_private.find_captured(tenant_id uuid, erasure_id uuid, entity_type text, entity_ids text[]) OWNER TO audit_keeper;

COMMENT ON FUNCTION audit_private.find_captured(tenant_id uuid, erasure_id uuid, entity_type text, entity_ids text[]) IS 'notes what was captured of rows, whose values are to be erased';

CREATE FUNCTION audit_private.find_content_digests(tenant_id uuid, times timestamp with time zone[], ids uuid[]) RETURNS TABLE(occurred_at timestamp with time zone, id uuid, content_digest bytea)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "DateStyle" TO 'ISO, YMD'
    SET jit TO 'off'
    AS $_$
declare
  first_time timestamptz;
  last_time timestamptz;
begin
  select min(t.moment), max(t.moment) into first_time, last_time
  from unnest(find_content_digests.times) as t (moment);
  return query execute format(
    'select e.occurred_at, e.id, case
      when e.salt is not null then audit_private.content_digest(
        e.action, e.entity_type, e.entity_id, e.description, e.target, e.changes, e.metadata, e.outcome,
        e.error_message, e.actor_id, e.actor_type)
    end
    from unnest($1, $2) as k (occurred_at, id)
    join audit_private.event e on e.tenant_id = %L::uuid and e.occurred_at = k.occurred_at and e.id = k.id
    where e.occurred_at between %L::timestamptz and %L::timestamptz',
    find_content_digests.tenant_id, first_time, last_time)
  using find_content_digests.times, find_content_digests.ids;
end
$_$;

ALTER FUNCTION audit_private.find_content_digests(tenant_id uuid, times timestamp with time zone[], ids uuid[]) OWNER TO audit_finder;

COMMENT ON FUNCTION audit_private.find_content_digests(tenant_id uuid, times timestamp with time zone[], ids uuid[]) IS 'content digests of stored events by their keys, null where one was erased; no row where there is none';

CREATE FUNCTION audit_private.find_events(tenant_id uuid, condition text, from_time timestamp with time zone, until_time timestamp with time zone, last_occurred_at timestamp with time zone, last_id uuid, most integer) RETURNS TABLE(occurred_at timestamp with time zone, id uuid)
    LANGUAGE plpgsql SECURITY DEFINER ROWS 100
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "DateStyle" TO 'ISO, YMD'
    AS $_$
begin
  return query execute format(
    'select e.occurred_at, e.id
    from audit_private.event e
    where e.tenant_id = %L::uuid
      and e.occurred_at >= %L::timestamptz
      and e.occurred_at < %L::timestamptz
      and %s
      and (%s)%s
    order by e.occurred_at desc, e.id desc
    limit %s',
    find_events.tenant_id, find_events.from_time, find_events.until_time,
    audit_private.retained_condition(find_events.tenant_id), find_events.condition,
    case when find_events.last_id is not null then format(
      ' and e.occurred_at <= %1$L::timestamptz and (e.occurred_at, e.id) < (%1$L::timestamptz, %2$L::uuid)',
      find_events.last_occurred_at, find_events.last_id) end,
    find_events.most);
end
$_$;

ALTER FUNCTION audit_private.find_events(tenant_id uuid, condition text, from_time timestamp with time zone, until_time timestamp with time zone, last_occurred_at timestamp with time zone, last_id uuid, most integer) OWNER TO audit_finder;

COMMENT ON FUNCTION audit_private.find_events(tenant_id uuid, condition text, from_time timestamp with time zone, until_time timestamp with time zone, last_occurred_at timestamp with time zone, last_id uuid, most integer) IS 'keys of a tenant''s events that meet a condition, newest first, after a place';

CREATE FUNCTION audit_private.find_export(tenant_id uuid, export_id uuid) RETURNS audit_private.export
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  found_export audit_private.export;
  reader record;
begin
  select * into found_export
  from audit_private.export x
  where x.tenant_id = find_export.tenant_id and x.export_id = find_export.export_id;
  if not found then
    raise exception using
      errcode = 'WT121',
      message = format('there is no export %s', coalesce(find_export.export_id::text, 'null')),
      detail = format('Tenant %s has no export of this id.', find_export.tenant_id),
      hint = 'See: select * from audit.list_exports();';
  end if;
  select * into reader from audit_private.current_reader();
  if (found_export.actor_id, found_export.actor_type, found_export.requested_by)
      is distinct from (reader.actor_id, reader.actor_type, audit_private.recorded_by())
    and not pg_has_role(audit_private.effective_role(), 'audit_admin', 'usage')
  then
    raise exception using
      errcode = 'WT122',
      message = format('export %s belongs to somebody else', found_export.export_id),
      detail = 'An export is for the actor and role that asked for it.',
      hint = 'A member of audit_admin may have any export of the tenant; or ask for one of your own with audit.request_export.';
  end if;
  return found_export;
end
$$;

ALTER FUNCTION audit_private.find_export(tenant_id uuid, export_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.find_export(tenant_id uuid, export_id uuid) IS 'an export that the caller may have; raises WT121 and WT122';

CREATE FUNCTION audit_private.find_gone(entity_types text[]) RETURNS TABLE(tenant_id uuid, entity_type text, entity_ids text[])
    LANGUAGE plpgsql SECURITY DEFINER ROWS 10
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "DateStyle" TO 'ISO, YMD'
    SET jit TO 'off'
    AS $_$
begin
  return query execute format(
    'select e.tenant_id, e.entity_type, array_agg(e.entity_id)
    from audit_private.instance i
    cross join audit_private.tenant t
    cross join lateral (
      select o.*
      from audit_private.event o
      where o.tenant_id = t.tenant_id
        and o.occurred_at >= %1$L::timestamptz
        and o.occurred_at < %2$L::timestamptz
        and o.transaction_id = i.transaction_offset + txid_current()
        and o.source = ''captured''
        and o.entity_type = any ($1)
        and o.action = o.entity_type || ''_deleted''
        and o.entity_id is not null
    ) e
    group by e.tenant_id, e.entity_type',
    now(), clock_timestamp() + interval '1 second')
  using find_gone.entity_types;
end
$_$;

ALTER FUNCTION audit_private.find_gone(entity_types text[]) OWNER TO audit_keeper;

COMMENT ON FUNCTION audit_private.find_gone(entity_types text[]) IS 'the rows of watched tables that this transaction has removed, as the log has captured it';

CREATE FUNCTION audit_private.find_payloads(tenant_id uuid, erasure_id uuid, condition text, from_time timestamp with time zone, until_time timestamp with time zone) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    SET "DateStyle" TO 'ISO, YMD'
    AS $_$
declare
  span record;
begin
  for span in select w.* from audit_private.event_windows(find_payloads.from_time, find_payloads.until_time) w loop
    execute format(
      'insert into audit_private.pending_erasure (tenant_id, erasure_id, occurred_at, event_id, groups)
      select %1$L::uuid, %2$L::uuid, e.occurred_at, e.id, ''{payload}''
      from audit_private.event e
      where e.tenant_id = %1$L::uuid
        and e.occurred_at >= %3$L::timestamptz
        and e.occurred_at < %4$L::timestamptz
        and e.payload_digest is null
        and (%5$s)',
      find_payloads.tenant_id, find_payloads.erasure_id, span.window_from, span.window_until, find_payloads.condition);
  end loop;
end
$_$;

ALTER FUNCTION audit_private.find_payloads(tenant_id uuid, erasure_id uuid, condition text, from_time timestamp with time zone, until_time timestamp with time zone) OWNER TO audit_keeper;

COMMENT ON FUNCTION audit_private.find_payloads(tenant_id uuid, erasure_id uuid, condition text, from_time timestamp with time zone, until_time timestamp with time zone) IS 'notes the events of a tenant that meet a condition, whose payloads are to be erased';

CREATE FUNCTION audit_private.find_proof(tenant_id uuid, occurred_at timestamp with time zone, id uuid, log_size bigint) RETURNS jsonb
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    AS $$
  select jsonb_build_object(
    'seal', jsonb_build_object(
      'entry', audit_private.seal_entry(s),
      'index', p.part * 1024 + p.place - 1,
      'path', (
        select coalesce(jsonb_agg(encode(h.hash, 'hex') order by h.place), '[]')
        from unnest(
          audit_private.merkle_path(p.leaves, p.place::integer - 1) || audit_private.merkle_path(r.roots, p.part)
        ) with ordinality as h (hash, place)
      )),
    'log', jsonb_build_object(
      'size', find_proof.log_size,
      'index', s.log_index,
      'path', (
        select coalesce(jsonb_agg(encode(h.hash, 'hex') order by h.place), '[]')
        from unnest(audit_private.log_path(s.log_index, find_proof.log_size)) with ordinality as h (hash, place)
      )))
  from audit_private.seals_between(
    find_proof.tenant_id, find_proof.occurred_at, find_proof.occurred_at + interval '1 microsecond') s
  cross join lateral (
    select q.part, q.leaves, array_position(q.ids, find_proof.id) as place
    from audit_private.seal_part q
    where q.tenant_id = s.tenant_id and q.seal_number = s.seal_number
      and find_proof.occurred_at between q.first_at and q.last_at
      and find_proof.id = any (q.ids)
  ) p
  cross join lateral audit_private.removed_places(s.tenant_id, s.seal_number, p.part) as g (places)
  cross join lateral (
    select string_agg(q.root, '' order by q.part) as roots
    from audit_private.seal_part q
    where q.tenant_id = s.tenant_id and q.seal_number = s.seal_number
  ) r
  where s.log_index < find_proof.log_size
    and (g.places is null or get_bit(g.places, p.place::integer - 1) = 0)
  limit 1
$$;

ALTER FUNCTION audit_private.find_proof(tenant_id uuid, occurred_at timestamp with time zone, id uuid, log_size bigint) OWNER TO audit_finder;

COMMENT ON FUNCTION audit_private.find_proof(tenant_id uuid, occurred_at timestamp with time zone, id uuid, log_size bigint) IS 'seal and log of a proof, as FORMAT.md lays down: that an event''s leaf is in the log of a size; null when it is not';

CREATE FUNCTION audit_private.find_subject(tenant_id uuid, erasure_id uuid, names text[], patterns text[], key_patterns text[], rough_patterns text[], pseudonyms text[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    SET "DateStyle" TO 'ISO, YMD'
    AS $_$
declare
  span record;
begin
  for span in select w.* from audit_private.event_windows(null, null) w loop
    execute format(
      'insert into audit_private.pending_erasure (tenant_id, erasure_id, occurred_at, event_id, groups, pseudonym)
      select %1$L::uuid, %2$L::uuid, g.occurred_at, g.id, g.groups, case when ''actor_id'' = any (g.groups) then g.pseudonym end
      from (
        select f.occurred_at, f.id, $4[array_position($1, lower(f.actor_id))] as pseudonym,
          array_remove(array[
            case when f.is_actor and f.actor_id_digest is null then ''actor_id'' end,
            case when f.is_entity and f.entity_id_digest is null then ''entity_id'' end,
            case when f.payload_digest is null and (
              f.is_actor and (f.actor is not null or f.ip is not null or f.user_agent is not null)
              or f.is_entity and (f.target is not null or f.changes is not null)
              or concat_ws(
                E''\n'', f.description, f.error_message, f.user_agent, f.request_id, f.ip, host(f.ip),
                audit_private.texts_within(jsonb_build_array(f.actor, f.target, f.changes, f.metadata))
              ) ilike any ($2)
            ) then ''payload'' end
          ], null) as groups
        from (
          select e.*, coalesce(lower(e.actor_id) = any ($1), false) as is_actor,
            coalesce(
              lower(e.entity_id) = any ($1)
              or starts_with(e.entity_id, ''["'') and e.entity_id ilike any ($5)
              or e.entity_type = ''audit_hold'' and e.entity_id ilike any ($2), false) as is_entity
          from audit_private.event e
          where e.tenant_id = %1$L::uuid
            and e.occurred_at >= %3$L::timestamptz
            and e.occurred_at < %4$L::timestamptz
            and concat_ws(
              E''\n'', e.actor_id, e.entity_id, e.description, e.error_message, e.user_agent, e.request_id, e.ip,
              host(e.ip), e.actor, e.target, e.changes, e.metadata) ilike any ($3)
          offset 0
        ) f
      ) g
      where g.groups <> ''{}''',
      find_subject.tenant_id, find_subject.erasure_id, span.window_from, span.window_until)
    using find_subject.names, find_subject.patterns, find_subject.rough_patterns, find_subject.pseudonyms, find_subject.key_patterns;
  end loop;
end
$_$;

ALTER FUNCTION audit_private.find_subject(tenant_id uuid, erasure_id uuid, names text[], patterns text[], key_patterns text[], rough_patterns text[], pseudonyms text[]) OWNER TO audit_keeper;

COMMENT ON FUNCTION audit_private.find_subject(tenant_id uuid, erasure_id uuid, names text[], patterns text[], key_patterns text[], rough_patterns text[], pseudonyms text[]) IS 'notes the events of a tenant that name a person, and which of their groups do';

CREATE FUNCTION audit_private.find_unerased(tenant_ids uuid[], event_ids uuid[]) RETURNS TABLE(tenant_id uuid, occurred_at timestamp with time zone, event_id uuid, readable text[])
    LANGUAGE plpgsql SECURITY DEFINER ROWS 100
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "DateStyle" TO 'ISO, YMD'
    SET jit TO 'off'
    AS $_$
declare
  span record;
begin
  for span in
    select w.*
    from (
      select min(audit_private.event_time(i.id)) as from_time, max(audit_private.event_time(i.id)) as until_time
      from unnest(find_unerased.event_ids) as i (id)
    ) b
    cross join lateral audit_private.event_windows(b.from_time, b.until_time + interval '1 microsecond') w
    where b.from_time is not null
  loop
    return query execute format(
      'select e.tenant_id, e.occurred_at, e.id, array_remove(array[
        case when e.actor_id_digest is null then ''actor_id'' end,
        case when e.entity_id_digest is null then ''entity_id'' end,
        case when e.payload_digest is null then ''payload'' end], null)
      from (
        select distinct k.tenant_id, k.id, audit_private.event_time(k.id) as occurred_at
        from unnest($1, $2) as k (tenant_id, id)
      ) k
      join audit_private.event e
        on e.tenant_id = k.tenant_id and e.occurred_at = k.occurred_at and e.id = k.id
      where e.occurred_at >= %1$L::timestamptz
        and e.occurred_at < %2$L::timestamptz
        and k.occurred_at >= %1$L::timestamptz
        and k.occurred_at < %2$L::timestamptz',
      span.window_from, span.window_until)
    using find_unerased.tenant_ids, find_unerased.event_ids;
  end loop;
end
$_$;

ALTER FUNCTION audit_private.find_unerased(tenant_ids uuid[], event_ids uuid[]) OWNER TO audit_finder;

COMMENT ON FUNCTION audit_private.find_unerased(tenant_ids uuid[], event_ids uuid[]) IS 'keys of events that are there, and which of their groups can be read; tenant and event by place in the arrays';

CREATE FUNCTION audit_private.finish_data_purge(run_id uuid, relation text, result text, error text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  nil_tenant constant uuid := '00000000-0000-0000-0000-000000000000';
begin
  insert into audit_private.data_purge_receipt (tenant_id, run_id, relation, decision)
  select nil_tenant, finish_data_purge.run_id, d.relation, d.decision
  from audit_private.data_retention d
  where d.relation = finish_data_purge.relation and not exists (
    select from audit_private.data_purge_receipt t
    where t.run_id = finish_data_purge.run_id and t.relation = finish_data_purge.relation);
  perform audit_private.write_system_event(
    tenant_id => coalesce(k.tenant_id, nil_tenant),
    action => 'data_purged'::text,
    entity_type => 'audit_data_retention'::text,
    entity_id => t.relation,
    description => format('%s rows of %s removed', t.removed, t.relation),
    metadata => jsonb_strip_nulls(jsonb_build_object(
      'run_id', t.run_id, 'removed', t.removed, 'children_removed', t.children_removed,
      'erased', nullif(t.erased, 0), 'by_level', t.by_level,
      'decision', t.decision, 'tenant_id', case when k.tenant_id is null and t.tenant_id <> nil_tenant then t.tenant_id end)))
  from audit_private.data_purge_receipt t
  left join audit_private.tenant k on k.tenant_id = t.tenant_id
  where t.run_id = finish_data_purge.run_id and t.relation = finish_data_purge.relation and t.result = 'running'
    and (t.removed > 0 or t.erased > 0);
  update audit_private.data_purge_receipt t
  set result = case
      when finish_data_purge.result = 'succeeded' and t.failed > 0 then 'failed'
      else finish_data_purge.result
    end,
    error = coalesce(finish_data_purge.error, t.error),
    finished_at = clock_timestamp()
  where t.run_id = finish_data_purge.run_id and t.relation = finish_data_purge.relation and t.result = 'running';
  if finish_data_purge.result = 'succeeded' then
    update audit_private.data_retention d
    set last_complete_at = (select r.started_at from audit_private.job_run r where r.run_id = finish_data_purge.run_id),
      approved_rows = null
    where d.relation = finish_data_purge.relation;
  end if;
  update audit_private.job_run r
  set place = r.place || '{"stage": "done", "after": null, "is_asked": false}', last_step_at = clock_timestamp()
  where r.run_id = finish_data_purge.run_id and r.result = 'running';
end
$$;

ALTER FUNCTION audit_private.finish_data_purge(run_id uuid, relation text, result text, error text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.finish_data_purge(run_id uuid, relation text, result text, error text) IS 'ends what a run does with one table, with receipts and events';

CREATE FUNCTION audit_private.finish_data_retention(relation regclass) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  entry audit_private.data_retention;
begin
  select d.* into entry from audit_private.data_retention d where audit_private.relation_named(d.relation) = finish_data_retention.relation;
  if not found or not pg_has_role(audit_private.effective_role(), to_regrole(quote_ident(entry.owner_name)), 'usage') then
    perform audit_private.refuse_data_retention(
      format('role %I may not finish this declaration', audit_private.effective_role()),
      'It is a step of audit.define_data_retention.',
      'select audit.define_data_retention(relation => …);');
  end if;
  execute format('revoke create on schema audit_data from %I', entry.owner_name);
  update audit_private.data_retention d
  set objects_digest = audit_private.data_objects_digest(entry.object_name, entry.owner_name)
  where d.relation = entry.relation and d.objects_digest is null
  returning d.objects_digest into entry.objects_digest;
  if entry.objects_digest is null or (
    select count(*) from pg_proc p
    where p.pronamespace = 'audit_data'::regnamespace
      and (p.proname = 'review_of_' || entry.object_name
          and p.prosrc = audit_private.data_review_body(entry, finish_data_retention.relation)
        or p.proname = 'purge_of_' || entry.object_name
          and p.prosrc = audit_private.data_purge_body(entry, finish_data_retention.relation))
  ) <> 2 then
    perform audit_private.refuse_data_retention(
      format('the view and functions of %s are not those that were generated', entry.relation),
      'They are made by audit.define_data_retention alone.',
      'select audit.define_data_retention(relation => …);');
  end if;
end
$$;

ALTER FUNCTION audit_private.finish_data_retention(relation regclass) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.finish_data_retention(relation regclass) IS 'notes the view and functions that the owner made, and takes back the right to make them';

CREATE FUNCTION audit_private.finish_purge(run_id uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  run constant audit_private.job_run := (
    select r from audit_private.job_run r where r.run_id = finish_purge.run_id and r.result = 'running');
begin
  if run.run_id is null then
    return;
  end if;
  update audit_private.purge_receipt r
  set error = null
  where r.run_id = finish_purge.run_id and r.predicted > 0 and r.removed >= r.predicted;
  update audit_private.purge_receipt r
  set is_last = true
  from audit_private.tenant t
  where r.run_id = finish_purge.run_id
    and t.tenant_id = r.tenant_id
    and t.retired_at is not null
    and not exists (select from audit_private.event e where e.tenant_id = r.tenant_id);

  perform audit_private.write_system_event(
    tenant_id => case when t.retired_at is null then r.tenant_id else '00000000-0000-0000-0000-000000000000' end,
    action => 'events_purged',
    entity_type => 'audit_retention',
    entity_id => r.run_id::text,
    description => format('%s events older than %s removed', r.removed, to_char(r.cutoff, 'YYYY-MM-DD HH24:MI TZH:TZM')),
    metadata => jsonb_strip_nulls(to_jsonb(r) - 'is_told')
      || jsonb_build_object('removals', audit_private.removals_digest(r.tenant_id, r.run_id)))
  from audit_private.purge_receipt r
  join audit_private.tenant t on t.tenant_id = r.tenant_id
  join audit_private.job_run j on j.run_id = r.run_id
  where (r.removed > 0 or r.is_last)
    and not r.is_told
    and (r.run_id = finish_purge.run_id or j.result <> 'running');
  update audit_private.purge_receipt r
  set is_told = true
  where not r.is_told and (r.removed > 0 or r.is_last);

  perform audit_private.finish_run(
    finish_purge.run_id,
    case when count(*) filter (
        where r.error is not null
          or r.removed < r.predicted
            and r.kept_by_hold = 0
            and not exists (
              select from audit_private.retention_policy p
              where p.tenant_id = r.tenant_id and p.set_at > run.started_at - interval '1 day'
              union all
              select from audit_private.retention_floor f where f.set_at > run.started_at - interval '1 day'
              union all
              select from audit_private.export x
              where x.tenant_id = r.tenant_id and x.started_at > run.started_at - interval '1 day'
            )
      ) = 0 then 'succeeded' else 'failed' end,
    format('%s events of %s tenants removed', coalesce(sum(r.removed), 0), count(*) filter (where r.removed > 0))
      || coalesce('; ' || string_agg(distinct r.error, '; '), ''))
  from audit_private.purge_receipt r
  where r.run_id = finish_purge.run_id;
end
$$;

ALTER FUNCTION audit_private.finish_purge(run_id uuid) OWNER TO audit_keeper;

COMMENT ON FUNCTION audit_private.finish_purge(run_id uuid) IS 'writes the events of a purge and ends its run';

CREATE FUNCTION audit_private.finish_run(run_id uuid, result text, detail text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  update audit_private.job_run r
  set result = finish_run.result, detail = finish_run.detail, finished_at = clock_timestamp(), last_step_at = clock_timestamp()
  where r.run_id = finish_run.run_id and r.result = 'running'
$$;

ALTER FUNCTION audit_private.finish_run(run_id uuid, result text, detail text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.finish_run(run_id uuid, result text, detail text) IS 'ends a run as succeeded or failed; the last step of each job''s procedure';

CREATE FUNCTION audit_private.finish_unwatch(entity_type text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if exists (
    select from audit_private.watched_table w
    where w.entity_type = finish_unwatch.entity_type and w.unwatched_at is not null
  ) then
    perform audit_private.drop_capture_function(finish_unwatch.entity_type);
  end if;
end
$$;

ALTER FUNCTION audit_private.finish_unwatch(entity_type text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.finish_unwatch(entity_type text) IS 'drops the trigger function of a table that isn''t watched any more';

CREATE FUNCTION audit_private.finish_verification(run_id uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  run constant audit_private.job_run := (
    select r from audit_private.job_run r where r.run_id = finish_verification.run_id and r.result = 'running');
  found jsonb;
  summary jsonb;
begin
  if run.run_id is null then
    return;
  end if;
  perform audit_private.lock_partitions('infinity', '-infinity');
  select coalesce(jsonb_agg(to_jsonb(f)), '[]') into found
  from (select v.* from audit_private.verify_standing(null) v limit 100) f;
  perform audit_private.note_verification(
    finish_verification.run_id, '-infinity', 'infinity', jsonb_array_length(found), found);
  select jsonb_object_agg(k.kind, k.findings) into summary
  from (
    select f.finding ->> 'kind' as kind, count(*) as findings
    from audit_private.verification v
    cross join lateral jsonb_array_elements(v.findings) as f (finding)
    where v.verified_at >= run.started_at
    group by f.finding ->> 'kind'
  ) k;
  if summary is not null then
    perform audit_private.write_system_event(
      tenant_id => '00000000-0000-0000-0000-000000000000',
      action => 'verification_failed',
      entity_type => 'audit_log',
      entity_id => null,
      description => 'Verifying the log found something wrong',
      metadata => jsonb_build_object('findings', summary));
  end if;
  perform audit_private.finish_run(finish_verification.run_id, 'succeeded',
    coalesce('found: ' || (
      select string_agg(format('%s %s', s.value, s.key), ', ' order by s.key) from jsonb_each_text(summary) s
    ), 'nothing is wrong'));
end
$$;

ALTER FUNCTION audit_private.finish_verification(run_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.finish_verification(run_id uuid) IS 'verifies what concerns no week, and tells what a run found; the last step of reverify_events';

CREATE FUNCTION audit_private.finish_watch(entity_type text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  owner name;
begin
  execute format('revoke execute on function audit_private.%I() from %I',
    'on_' || finish_watch.entity_type, audit_private.effective_role());
  select r.rolname into owner
  from audit_private.watched_table w
  join pg_class c on c.oid = to_regclass(format('%I.%I', w.schema_name, w.table_name))
  join pg_roles r on r.oid = c.relowner
  where w.entity_type = finish_watch.entity_type and w.level = 'row' and c.relkind = 'p';
  if found then
    execute format('grant execute on function audit_private.%I() to %I', 'on_' || finish_watch.entity_type, owner);
  end if;
end
$$;

ALTER FUNCTION audit_private.finish_watch(entity_type text) OWNER TO audit_writer;

COMMENT ON FUNCTION audit_private.finish_watch(entity_type text) IS 'takes back the right to make triggers with a generated function';

CREATE FUNCTION audit_private.floors_in_force(at timestamp with time zone) RETURNS TABLE(category text, days integer)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  select f.category, f.days
  from (
    select c.category, case when r.category is null then case when c.is_mandatory then 730 end else r.days end as days
    from audit_private.category c
    left join lateral (
      select l.category, l.days
      from audit_private.retention_floor l
      where l.category = c.category and l.takes_effect_at <= floors_in_force.at
      order by l.takes_effect_at desc
      limit 1
    ) r on true
  ) f
  where f.days is not null
$$;

ALTER FUNCTION audit_private.floors_in_force(at timestamp with time zone) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.floors_in_force(at timestamp with time zone) IS 'the categories whose events are kept longer than a policy may say, and how long at least';

CREATE FUNCTION audit_private.forget_idempotency_keys(at_most integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  forgotten integer;
begin
  delete from audit_private.idempotency_key k
  where (k.tenant_id, k.idempotency_key) in (
    select o.tenant_id, o.idempotency_key
    from audit_private.idempotency_key o
    where o.logged_at < clock_timestamp() - interval '24 hours'
    limit forget_idempotency_keys.at_most
    for update skip locked
  );
  get diagnostics forgotten = row_count;
  return forgotten;
end
$$;

ALTER FUNCTION audit_private.forget_idempotency_keys(at_most integer) OWNER TO audit_writer;

COMMENT ON FUNCTION audit_private.forget_idempotency_keys(at_most integer) IS 'removes idempotency keys older than a day; returns how many; a step of maintain_partitions';

CREATE FUNCTION audit_private.forget_runs() RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  delete from audit_private.job_run r
  using audit_private.job_definitions() d
  where d.job_name = r.job_name
    and r.result <> 'running'
    and r.started_at < clock_timestamp()
      - case when d.every < interval '1 hour' and r.result = 'succeeded' then interval '7 days' else interval '90 days' end
    and not exists (select from audit_private.purge_receipt p where p.run_id = r.run_id)
    and not exists (select from audit_private.data_purge_receipt p where p.run_id = r.run_id)
    and r.started_at < (
      select max(l.started_at) from audit_private.job_run l where l.job_name = r.job_name and l.result = 'succeeded'
    )
$$;

ALTER FUNCTION audit_private.forget_runs() OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.forget_runs() IS 'removes runs of jobs without a receipt after 90 days, and after 7 those of a job of every minute that succeeded; a step of maintain_partitions';

CREATE FUNCTION audit_private.grantee_name(grantee oid) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET quote_all_identifiers TO 'off'
    AS $$
  select case grantee when 0 then 'public' else grantee::regrole::text end
$$;

ALTER FUNCTION audit_private.grantee_name(grantee oid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.grantee_name(grantee oid) IS 'how a grant or revoke names whom an access list names';

CREATE FUNCTION audit_private.group_digest(erased_digest bytea, group_salt bytea, name bytea, content text) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  select coalesce(
    erased_digest,
    pg_catalog.sha256('\x02'::bytea || name || group_salt || pg_catalog.convert_to(content, 'UTF8')))
$$;

ALTER FUNCTION audit_private.group_digest(erased_digest bytea, group_salt bytea, name bytea, content text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.group_digest(erased_digest bytea, group_salt bytea, name bytea, content text) IS 'digest of a group of erasable values: the kept one when it was erased';

CREATE FUNCTION audit_private.group_salt(salt uuid, derived_salts bytea, name bytea, place integer) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  select coalesce(
    pg_catalog.substr(derived_salts, place * 32 - 31, 32), pg_catalog.sha256(pg_catalog.uuid_send(salt) || name))
$$;

ALTER FUNCTION audit_private.group_salt(salt uuid, derived_salts bytea, name bytea, place integer) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.group_salt(salt uuid, derived_salts bytea, name bytea, place integer) IS 'salt of a group of erasable values; place is 1 for actor_id, 2 for entity_id and 3 for payload';

CREATE FUNCTION audit_private.grow_log(old_size bigint, new_size bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  height integer := 0;
begin
  while new_size >> height + 1 > 0 loop
    insert into audit_private.tree_node (level, position, hash)
    select height + 1, p.position, sha256('\x01'::bytea || l.hash || r.hash)
    from generate_series(old_size >> height + 1, (new_size >> height + 1) - 1) as p (position)
    join audit_private.tree_node l on l.level = height and l.position = p.position * 2
    join audit_private.tree_node r on r.level = height and r.position = p.position * 2 + 1;
    height := height + 1;
  end loop;
end
$$;

ALTER FUNCTION audit_private.grow_log(old_size bigint, new_size bigint) OWNER TO audit_finder;

COMMENT ON FUNCTION audit_private.grow_log(old_size bigint, new_size bigint) IS 'adds the nodes of the log that have become whole with its new seals';

CREATE FUNCTION audit_private.guard_digest(partition_name text) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select encode(sha256(convert_to(jsonb_build_array(
    c.relowner::regrole, c.relrowsecurity, c.relforcerowsecurity,
    array(select a::text from unnest(c.relacl) as a order by a::text collate "C"),
    array(
      select format('%s %s', t.attname, t.attacl)
      from pg_attribute t
      where t.attrelid = c.oid and t.attacl is not null
      order by t.attnum
    ),
    array(
      select audit_private.policy_text(w) from pg_policy w where w.polrelid = c.oid order by w.polname
    ),
    array(
      select format('%s %s %s %s %s', g.tgname, g.tgfoid::regprocedure, g.tgtype, g.tgenabled, g.tgqual)
      from pg_trigger g
      where g.tgrelid = c.oid and not g.tgisinternal
      order by g.tgname
    ),
    array(select r.rulename from pg_rewrite r where r.ev_class = c.oid order by r.rulename)
  )::text, 'UTF8')), 'hex')
  from pg_class c
  where c.relnamespace = 'audit_private'::regnamespace and c.relname = guard_digest.partition_name
$$;

ALTER FUNCTION audit_private.guard_digest(partition_name text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.guard_digest(partition_name text) IS 'digest of a partition''s owner, row-level security, policies, rights and triggers';

CREATE FUNCTION audit_private.guard_partition(partition_name text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
declare
  statement text;
begin
  for statement in
    select format('drop policy %I on audit_private.%%1$I', w.polname)
    from pg_policy w
    where w.polrelid = format('audit_private.%I', guard_partition.partition_name)::regclass
    union all
    select distinct format('revoke all on audit_private.%%1$I from %s',
      case a.grantee when 0 then 'public' else a.grantee::regrole::text end)
    from pg_class c
    cross join lateral (
      select e.grantee from aclexplode(c.relacl) e
      union all
      select e.grantee from pg_attribute t cross join lateral aclexplode(t.attacl) e where t.attrelid = c.oid
    ) a
    where c.oid = format('audit_private.%I', guard_partition.partition_name)::regclass
    union all
    select unnest(array[
      'grant all on audit_private.%1$I to audit_owner',
      'alter table audit_private.%1$I enable row level security',
      'alter table audit_private.%1$I force row level security',
      'create policy "Events leave only to their tenant, with a reason" on audit_private.%1$I '
        'for select to audit_owner using (tenant_id = (select audit_private.readable_tenant()) '
        'and (occurred_at >= (select audit_private.readable_since()) or audit_private.is_retained(tenant_id, '
        'occurred_at, id, source, action, entity_type, actor_type, outcome, actor_id, entity_id)))',
      'create policy "The keeper reads what it decides on" on audit_private.%1$I '
        'for select to audit_keeper using (true)',
      'create policy "The keeper removes" on audit_private.%1$I for delete to audit_keeper using (true)',
      'create policy "Backups are complete" on audit_private.%1$I for select to audit_backup using (true)',
      'create or replace trigger event_refuse_change before update or delete or truncate '
        'on audit_private.%1$I for each statement execute function audit_private.refuse_change()',
      'alter table audit_private.%1$I enable always trigger event_refuse_change',
      'revoke insert, update, delete, truncate, references, trigger on audit_private.%1$I from audit_owner',
      'grant select on audit_private.%1$I to audit_backup',
      'grant select, delete, truncate on audit_private.%1$I to audit_keeper'
    ])
  loop
    execute format(statement, guard_partition.partition_name);
  end loop;
end
$_$;

ALTER FUNCTION audit_private.guard_partition(partition_name text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.guard_partition(partition_name text) IS 'gives a partition its own row-level security, policies, triggers and grants, and takes away all others';

CREATE FUNCTION audit_private.has_columns(relation regclass, digest text, is_numbered boolean) RETURNS boolean
    LANGUAGE sql IMMUTABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select audit_private.columns_digest(has_columns.relation, has_columns.is_numbered) is not distinct from has_columns.digest
$$;

ALTER FUNCTION audit_private.has_columns(relation regclass, digest text, is_numbered boolean) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.has_columns(relation regclass, digest text, is_numbered boolean) IS 'whether a table still has the columns and the key that a generated function was written for';

CREATE FUNCTION audit_private.has_just_read(session audit_private.access_session, route text, filter jsonb, is_same_statement boolean) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select exists (
    select from audit_private.access_session s
    where s.tenant_id = (has_just_read.session).tenant_id
      and s.access_id = (has_just_read.session).access_id
      and s.last_read_in = pg_current_xact_id_if_assigned()
      and s.last_read = concat_ws(' ', has_just_read.route, has_just_read.filter)
      and (s.last_read_at = statement_timestamp() or not has_just_read.is_same_statement)
  )
$$;

ALTER FUNCTION audit_private.has_just_read(session audit_private.access_session, route text, filter jsonb, is_same_statement boolean) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.has_just_read(session audit_private.access_session, route text, filter jsonb, is_same_statement boolean) IS 'whether the session''s last read was this one, in this transaction (and statement)';

CREATE FUNCTION audit_private.has_newer_events(partition_name text, transaction_id bigint) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET enable_seqscan TO 'off'
    SET jit TO 'off'
    AS $_$
declare
  has_newer boolean;
begin
  execute format('select exists (select from audit_private.%I e where e.transaction_id >= $1)',
    has_newer_events.partition_name)
  into has_newer
  using has_newer_events.transaction_id;
  return has_newer;
end
$_$;

ALTER FUNCTION audit_private.has_newer_events(partition_name text, transaction_id bigint) OWNER TO audit_keeper;

COMMENT ON FUNCTION audit_private.has_newer_events(partition_name text, transaction_id bigint) IS 'whether a partition has events of transactions from a number on';

CREATE FUNCTION audit_private.has_worker(export audit_private.export) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER PARALLEL RESTRICTED
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select (has_worker.export).noted_at > clock_timestamp() - interval '1 hour'
    and exists (select from pg_stat_activity a where a.pid = (has_worker.export).process_id)
$$;

ALTER FUNCTION audit_private.has_worker(export audit_private.export) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.has_worker(export audit_private.export) IS 'whether the worker is alive that writes an export into a file';

CREATE TABLE audit_private.seal (
    tenant_id uuid NOT NULL,
    seal_number bigint NOT NULL,
    log_index bigint NOT NULL,
    epoch integer NOT NULL,
    sealed_at timestamp with time zone NOT NULL,
    snapshot text NOT NULL,
    event_count bigint NOT NULL,
    running_count bigint NOT NULL,
    first_at timestamp with time zone,
    last_at timestamp with time zone,
    events_root bytea NOT NULL,
    previous bytea NOT NULL,
    seal_hash bytea NOT NULL
);

ALTER TABLE ONLY audit_private.seal FORCE ROW LEVEL SECURITY;

ALTER TABLE audit_private.seal OWNER TO audit_owner;

COMMENT ON TABLE audit_private.seal IS 'a tenant''s chain: each seal covers what was committed since the one before; never removed';

COMMENT ON COLUMN audit_private.seal.tenant_id IS 'whose events';

COMMENT ON COLUMN audit_private.seal.seal_number IS 'from 1 on, without a gap';

COMMENT ON COLUMN audit_private.seal.log_index IS 'its place in the log of all seals, from 0';

COMMENT ON COLUMN audit_private.seal.epoch IS 'the epoch in which it was made';

COMMENT ON COLUMN audit_private.seal.sealed_at IS 'when';

COMMENT ON COLUMN audit_private.seal.snapshot IS 'it covers what this snapshot saw and the one before did not';

COMMENT ON COLUMN audit_private.seal.event_count IS 'events that it covers; a seal of none says that nothing happened';

COMMENT ON COLUMN audit_private.seal.running_count IS 'events that it and all seals before it cover';

COMMENT ON COLUMN audit_private.seal.first_at IS 'time of its first event';

COMMENT ON COLUMN audit_private.seal.last_at IS 'time of its last event';

COMMENT ON COLUMN audit_private.seal.events_root IS 'root of the tree of its leaves';

COMMENT ON COLUMN audit_private.seal.previous IS 'hash of the tenant''s seal before it; zeroes for the first';

COMMENT ON COLUMN audit_private.seal.seal_hash IS 'hash of all that';

CREATE FUNCTION audit_private.hash_of_seal(seal audit_private.seal) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select sha256('\x00'::bytea || convert_to(audit_private.seal_entry(seal), 'UTF8'))
$$;

ALTER FUNCTION audit_private.hash_of_seal(seal audit_private.seal) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.hash_of_seal(seal audit_private.seal) IS 'what the log and the next seal know of a seal';

CREATE FUNCTION audit_private.hold_condition(hold audit_private.legal_hold) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "DateStyle" TO 'ISO, YMD'
    AS $$
  select concat_ws(' and ',
    format('e.tenant_id = %L::uuid and e.occurred_at >= %L::timestamptz and e.occurred_at < %L::timestamptz',
      hold.tenant_id, hold.from_time, hold.until_time),
    case when hold.ids is not null then format('e.id = any (%L::uuid[])', hold.ids) end,
    (
      select string_agg(audit_private.value_condition(c.name, c.chosen), ' and ')
      from (
        values
          ('source', hold.sources),
          ('action', hold.actions),
          ('action', case when hold.categories is not null then array(
            select a.action from audit_private.action a where a.category = any (hold.categories)) end),
          ('entity_type', hold.entity_types),
          ('actor_type', hold.actor_types),
          ('outcome', hold.outcomes),
          ('actor_id', hold.actor_ids),
          ('entity_id', hold.entity_ids)
      ) as c (name, chosen)
      where c.chosen is not null
    ))
$$;

ALTER FUNCTION audit_private.hold_condition(hold audit_private.legal_hold) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.hold_condition(hold audit_private.legal_hold) IS 'a condition on audit_private.event e: the hold keeps it';

CREATE FUNCTION audit_private.hold_off_exports(tenant_id uuid) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select pg_advisory_xact_lock(hashtextextended('pgwitness erasure ' || hold_off_exports.tenant_id, 0))
$$;

ALTER FUNCTION audit_private.hold_off_exports(tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.hold_off_exports(tenant_id uuid) IS 'until the transaction ends nothing is written of the tenant''s exports; waits for a chunk that is being written';

CREATE FUNCTION audit_private.holds_pending(tenant_id uuid, erasure_id uuid, condition text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    SET enable_nestloop TO 'off'
    SET "DateStyle" TO 'ISO, YMD'
    AS $_$
declare
  span record;
  is_found boolean;
begin
  for span in select w.* from audit_private.pending_windows(holds_pending.tenant_id, holds_pending.erasure_id) w loop
    execute format(
      'select exists (
        select
        from (
          select e.*, audit_private.search_text_v1(e.description, e.actor, e.target, e.metadata) as search_text,
            audit_private.search_text_v1(e.actor_id, e.actor, null, null) as actor_text
          from audit_private.pending_erasure p
          join audit_private.event e on e.occurred_at = p.occurred_at and e.id = p.event_id
          where p.tenant_id = %1$L::uuid
            and p.erasure_id = %2$L::uuid
            and p.occurred_at >= %3$L::timestamptz
            and p.occurred_at < %4$L::timestamptz
            and not p.is_held
            and e.tenant_id = %1$L::uuid
            and e.occurred_at >= %3$L::timestamptz
            and e.occurred_at < %4$L::timestamptz
        ) e
        where %5$s
      )',
      holds_pending.tenant_id, holds_pending.erasure_id, span.window_from, span.window_until, holds_pending.condition)
    into is_found;
    if is_found then
      return true;
    end if;
  end loop;
  return false;
end
$_$;

ALTER FUNCTION audit_private.holds_pending(tenant_id uuid, erasure_id uuid, condition text) OWNER TO audit_keeper;

COMMENT ON FUNCTION audit_private.holds_pending(tenant_id uuid, erasure_id uuid, condition text) IS 'whether any of the events that an erasure is about to erase meets the condition of an export';

CREATE FUNCTION audit_private.id_condition(chosen text[]) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  value text;
  ids uuid[] := '{}';
begin
  foreach value in array id_condition.chosen loop
    ids := ids || value::uuid;
  end loop;
  return format('e.id = any (%L::uuid[]) and e.occurred_at = any (%L::timestamptz[])', ids,
    array(select distinct audit_private.event_time(i.id) from unnest(ids) as i (id)
      where audit_private.event_time(i.id) is not null));
exception
  when invalid_text_representation then
    perform audit_private.refuse_filter('id', to_jsonb(value), 'a UUID');
end
$$;

ALTER FUNCTION audit_private.id_condition(chosen text[]) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.id_condition(chosen text[]) IS 'id of audit_private.event e is one of these';

CREATE FUNCTION audit_private.import_batch(tenant_id uuid, events jsonb, first_line integer) RETURNS TABLE(line integer, result text, event_id uuid, refusal text, message text, hint text, is_expired boolean)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    SET "DateStyle" TO 'ISO, YMD'
    SET jit TO 'off'
    AS $_$
declare
  known_keys constant text[] := '{action,entity_type,entity_id,description,metadata,target,changes,outcome,'
    'error_message,occurred_at,idempotency_key,actor_id,actor_type,actor,ip,user_agent,request_id,id}';
  recorder constant text := audit_private.recorded_by();
  recorded constant timestamptz := clock_timestamp();
  cutoff constant timestamptz := audit_private.retention_cutoff(import_batch.tenant_id);
  half constant integer := jsonb_array_length(import_batch.events) / 2;
begin
  perform audit_private.check_batch(import_batch.events, known_keys);

  return query
  with parsed as materialized (
    select e.index, e.action, e.entity_type, e.entity_id, e.description, e.metadata, e.target, e.changes, e.outcome,
      e.error_message, e.occurred_at, e.idempotency_key, e.actor_id, coalesce(e.actor_type, 'user') as actor_type,
      e.actor, e.ip, e.user_agent, e.request_id,
      coalesce(e.id, audit_private.derived_event_id(import_batch.tenant_id, e.occurred_at, e.idempotency_key)) as id
    from audit_private.batch_events(import_batch.events) e
    cross join audit_private.option o
    left join audit_private.action a on a.action = e.action
    left join audit_private.entity_type t on t.entity_type = e.entity_type
    where o.name = 'payload_limit_bytes'
      and case
        when a.action is null or t.entity_type is null
          then audit_private.refuse_codes(import_batch.tenant_id, e.action, e.entity_type)
        when (e.id is null and e.idempotency_key is null)
          or e.occurred_at is null
          or (e.id is not null and audit_private.event_time(e.id) is distinct from e.occurred_at)
          then audit_private.refuse_import(e.id, e.occurred_at)
        when audit_private.is_valid_event(
            e.description, e.outcome, e.error_message, e.entity_id, e.actor_id,
            coalesce(e.actor_type, 'user'), e.actor, e.target, e.changes)
          and audit_private.payload_bytes(
            e.description, e.actor, e.target, e.changes, e.metadata, e.error_message) <= o.value::integer
          and e.occurred_at between timestamptz 'epoch' and recorded + interval '5 minutes'
          then true
        else audit_private.refuse_event(
          null, e.action, e.description, e.outcome, e.error_message, e.entity_id, e.actor_id,
          coalesce(e.actor_type, 'user'), e.actor, e.target, e.changes, false, e.occurred_at, timestamptz 'epoch', recorded + interval '5 minutes',
          'infinity',
          audit_private.payload_bytes(
            e.description, e.actor, e.target, e.changes, e.metadata, e.error_message),
          o.value::integer)
        end
  ),
  known as materialized (
    select f.*
    from (select array_agg(p.occurred_at) as times, array_agg(p.id) as ids from parsed p) k
    cross join lateral audit_private.find_content_digests(import_batch.tenant_id, k.times, k.ids) f
  ),
  digested as (
    select p.*, k.id is not null as is_stored, k.content_digest as stored_digest,
      audit_private.content_digest(
        p.action, p.entity_type, p.entity_id, p.description, p.target, p.changes, p.metadata, p.outcome,
        p.error_message, p.actor_id, p.actor_type) as content_digest
    from parsed p
    left join known k on k.occurred_at = p.occurred_at and k.id = p.id
  ),
  compared as (
    select d.*, d.is_stored or row_number() over same_id > 1 as is_known
    from (
      select g.*, first_value(g.content_digest) over (partition by g.id order by g.index) as first_digest
      from digested g
    ) d
    where case
      when d.content_digest <> coalesce(d.stored_digest, d.first_digest)
        then audit_private.refuse_repeat(coalesce(d.idempotency_key, d.id::text)) is not null
      else true
    end
    window same_id as (partition by d.id order by d.index)
  ),
  stored as (
    insert into audit_private.event (
      tenant_id, occurred_at, id, recorded_at, sequence, transaction_id, salt, source, action, entity_type,
      actor_type, outcome, recorded_by, actor_id, entity_id, description, actor, target, changes, metadata,
      ip, user_agent, request_id, error_message
    )
    select
      import_batch.tenant_id, c.occurred_at, c.id, recorded, nextval('audit_private.event_sequence'),
      i.transaction_offset + txid_current(), gen_random_uuid(), 'imported', c.action,
      c.entity_type, c.actor_type, c.outcome, recorder, c.actor_id, c.entity_id, c.description, c.actor, c.target,
      c.changes, c.metadata, c.ip, left(c.user_agent, 1000), left(c.request_id, 500), c.error_message
    from compared c
    cross join audit_private.instance i
    where not c.is_known
    order by c.index
  )
  select
    (import_batch.first_line + c.index)::integer,
    case when c.is_known then 'repeated' else 'imported' end,
    c.id, null::text, null::text, null::text, c.occurred_at < cutoff
  from compared c
  order by c.index;
exception
  when data_exception or sqlstate 'WT003' or sqlstate 'WT010' or sqlstate 'WT012' or sqlstate 'WT013'
    or sqlstate 'WT014' or sqlstate 'WT015' or sqlstate 'WT017'
  then
    if half = 0 then
      line := import_batch.first_line;
      result := 'refused';
      is_expired := false;
      get stacked diagnostics
        refusal = returned_sqlstate,
        message = message_text,
        hint = pg_exception_hint;
      message := regexp_replace(message, '^event 0:? (is )?', '');
      if refusal like '22%' then
        refusal := 'WT013';
        hint := 'A value has the wrong type: times are ISO 8601 text, addresses are IP addresses, ids are uuids.';
      end if;
      return next;
      return;
    end if;
    return query
    select b.*
    from audit_private.import_batch(
      import_batch.tenant_id,
      jsonb_path_query_array(import_batch.events, '$[0 to $last]', jsonb_build_object('last', half - 1)),
      import_batch.first_line) b;
    return query
    select b.*
    from audit_private.import_batch(
      import_batch.tenant_id,
      jsonb_path_query_array(import_batch.events, '$[$first to last]', jsonb_build_object('first', half)),
      import_batch.first_line + half) b;
end
$_$;

ALTER FUNCTION audit_private.import_batch(tenant_id uuid, events jsonb, first_line integer) OWNER TO audit_writer;

COMMENT ON FUNCTION audit_private.import_batch(tenant_id uuid, events jsonb, first_line integer) IS 'imports a batch and tells of each event whether it was imported, repeated or refused';

CREATE FUNCTION audit_private.ip_condition(chosen text[]) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  value text;
  conditions text[] := '{}';
begin
  foreach value in array ip_condition.chosen loop
    conditions := conditions || case
      when value is null then 'e.ip is null'
      else format('e.ip <<= %L::inet', value::inet)
    end;
  end loop;
  return '(' || array_to_string(conditions, ' or ') || ')';
exception
  when invalid_text_representation then
    perform audit_private.refuse_filter('ip', to_jsonb(value), 'an address or a network, such as "192.0.2.0/24"');
end
$$;

ALTER FUNCTION audit_private.ip_condition(chosen text[]) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.ip_condition(chosen text[]) IS 'ip of audit_private.event e is one of the addresses or in one of the networks';

CREATE FUNCTION audit_private.is_apply_worker() RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL RESTRICTED
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select exists (select from pg_stat_get_subscription(null) s where s.pid = pg_backend_pid())
$$;

ALTER FUNCTION audit_private.is_apply_worker() OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.is_apply_worker() IS 'whether this backend applies another database''s changes';

CREATE FUNCTION audit_private.is_data_owner_right(item aclitem, object name) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select object = any ('{audit_private,audit_data,data_purge_terms,data_retention_groups,data_retention_waits,note_data_review,note_data_batch}')
    and exists (
      select
      from aclexplode(array[item]) g
      join audit_private.data_retention d on to_regrole(quote_ident(d.owner_name)) = g.grantee
    )
    and (select bool_and(g.privilege_type in ('USAGE', 'EXECUTE') and not g.is_grantable) from aclexplode(array[item]) g)
$$;

ALTER FUNCTION audit_private.is_data_owner_right(item aclitem, object name) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.is_data_owner_right(item aclitem, object name) IS 'whether an owner of tables under data retention has this right on this object for their sake';

CREATE FUNCTION audit_private.is_emptied(tenant_id uuid, seal_number bigint) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  select coalesce((
    select r.first_seal from audit_private.seal_removal r
    where r.tenant_id = is_emptied.tenant_id and r.last_seal >= is_emptied.seal_number
    order by r.last_seal
    limit 1
  ) <= is_emptied.seal_number, false)
$$;

ALTER FUNCTION audit_private.is_emptied(tenant_id uuid, seal_number bigint) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.is_emptied(tenant_id uuid, seal_number bigint) IS 'whether a purge has removed all events that were left of a seal';

CREATE FUNCTION audit_private.is_naming(document jsonb, names text[], patterns text[]) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
  select coalesce(audit_private.texts_within(is_naming.document) ilike any (is_naming.patterns), false)
    or exists (
      select
      from jsonb_path_query(is_naming.document, 'strict $.** ? (@.type() == "string" || @.type() == "number")') as v (value)
      where lower(v.value #>> '{}') = any (is_naming.names)
    )
$_$;

ALTER FUNCTION audit_private.is_naming(document jsonb, names text[], patterns text[]) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.is_naming(document jsonb, names text[], patterns text[]) IS 'whether a document names a person';

CREATE FUNCTION audit_private.is_partition_empty(partition_name text, locks_it boolean DEFAULT false) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  is_empty boolean;
begin
  if is_partition_empty.locks_it then
    execute format('lock table audit_private.%I in access exclusive mode', is_partition_empty.partition_name);
  end if;
  execute format('select not exists (select from audit_private.%I)', is_partition_empty.partition_name) into is_empty;
  return is_empty;
end
$$;

ALTER FUNCTION audit_private.is_partition_empty(partition_name text, locks_it boolean) OWNER TO audit_keeper;

COMMENT ON FUNCTION audit_private.is_partition_empty(partition_name text, locks_it boolean) IS 'whether a partition holds no event';

CREATE FUNCTION audit_private.is_removal_barred() RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL RESTRICTED
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select exists (
      select from audit_private.epoch e
      where e.kind in ('dump_restored', 'point_in_time') and e.accepted_at is null
    )
    or exists (select from audit_private.sealing s where not s.is_caught_up)
    or coalesce((audit_private.current_epoch()).kind in ('dump_restored', 'point_in_time'), false)
$$;

ALTER FUNCTION audit_private.is_removal_barred() OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.is_removal_barred() IS 'whether the log was restored and nobody has accepted that yet';

CREATE FUNCTION audit_private.is_retained(tenant_id uuid, occurred_at timestamp with time zone, id uuid, source text, action text, entity_type text, actor_type text, outcome text, actor_id text, entity_id text) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select is_retained.occurred_at >= audit_private.retention_cutoff(is_retained.tenant_id)
    or is_retained.occurred_at >= (
      select statement_timestamp() - f.days * interval '24 hours'
      from audit_private.action a
      join audit_private.floors_in_force(statement_timestamp()) f on f.category = a.category
      where a.action = is_retained.action
    )
    or exists (
      select
      from audit_private.matching_holds(
        is_retained.tenant_id, is_retained.occurred_at, is_retained.id, is_retained.source, is_retained.action,
        is_retained.entity_type, is_retained.actor_type, is_retained.outcome, is_retained.actor_id,
        is_retained.entity_id)
    )
$$;

ALTER FUNCTION audit_private.is_retained(tenant_id uuid, occurred_at timestamp with time zone, id uuid, source text, action text, entity_type text, actor_type text, outcome text, actor_id text, entity_id text) OWNER TO audit_keeper;

COMMENT ON FUNCTION audit_private.is_retained(tenant_id uuid, occurred_at timestamp with time zone, id uuid, source text, action text, entity_type text, actor_type text, outcome text, actor_id text, entity_id text) IS 'whether an event may still be seen: by its tenant''s policy, its category''s floor or a hold';

CREATE FUNCTION audit_private.is_service_role() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select exists (
    select from audit_private.role_binding b
    where b.role_name = audit_private.effective_role() and b.is_service
  )
$$;

ALTER FUNCTION audit_private.is_service_role() OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.is_service_role() IS 'whether the effective role is bound to all tenants and speaks for the actors of its context';

CREATE FUNCTION audit_private.is_under_data_retention(relation regclass) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    AS $$
  select exists (
    select
    from audit_private.data_retention d
    where audit_private.relation_named(d.relation) = is_under_data_retention.relation
      or exists (
        select from audit_private.data_children(d.children, '', '') c
        where c.rule <> 'keeps' and audit_private.relation_named(c.relation) = is_under_data_retention.relation
      )
  )
$$;

ALTER FUNCTION audit_private.is_under_data_retention(relation regclass) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.is_under_data_retention(relation regclass) IS 'whether rows of a table go by data retention';

CREATE FUNCTION audit_private.is_valid_event(description text, outcome text, error_message text, entity_id text, actor_id text, actor_type text, actor jsonb, target jsonb, changes jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  select coalesce(
    pg_catalog.btrim(description) <> ''
    and (
      outcome = 'success' and error_message is null
      or outcome = 'failure' and pg_catalog.btrim(error_message) <> ''
    )
    and (entity_id is null or pg_catalog.length(entity_id) <= 500)
    and (actor_id is null or pg_catalog.length(actor_id) between 1 and 500)
    and actor_type in ('user', 'system', 'api_key', 'database_role')
    and (actor is null or pg_catalog.jsonb_typeof(actor) = 'object')
    and (target is null or pg_catalog.jsonb_typeof(target) in ('object', 'array'))
    and (changes is null or pg_catalog.jsonb_typeof(changes) = 'object'),
    false)
$$;

ALTER FUNCTION audit_private.is_valid_event(description text, outcome text, error_message text, entity_id text, actor_id text, actor_type text, actor jsonb, target jsonb, changes jsonb) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.is_valid_event(description text, outcome text, error_message text, entity_id text, actor_id text, actor_type text, actor jsonb, target jsonb, changes jsonb) IS 'whether an event says what happened, how it ended and who acted, in values of the right kind';

CREATE FUNCTION audit_private.is_withheld(value jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select coalesce(
    value in (
      '{"withheld": "redacted", "changed": true}', '{"withheld": "not watched yet", "changed": true}'
    )
    or jsonb_typeof(value) = 'object' and value ->> 'withheld' = 'too large'
      and value - '{withheld,bytes,sha256}'::text[] = '{}' and value ?& '{bytes,sha256}',
    false)
$$;

ALTER FUNCTION audit_private.is_withheld(value jsonb) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.is_withheld(value jsonb) IS 'whether this stands in a snapshot or in changes for a value that isn''t stored';

CREATE FUNCTION audit_private.job_definitions() RETURNS TABLE(job_name text, command text, every interval, at_time time without time zone, cron text, description text)
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select d.job_name, format('call audit.%I()', d.job_name), interval '1 day', o.value::time,
    format('%s %s * * *', extract(minute from o.value::time), extract(hour from o.value::time)), d.description
  from (
    values
      ('maintain_partitions', 'makes partitions ahead, closes those that are full, drops those that are empty'),
      ('purge_events', 'removes events that are older than their tenants keep them'),
      ('purge_data', 'removes rows of the application that are older than its data retention keeps them'),
      ('reverify_events', 'verifies what was sealed since it last ran, and old events in turn')
  ) as d (job_name, description)
  join audit_private.option o on o.name = d.job_name || '_at'
  union all
  select d.job_name, format('call audit.%I()', d.job_name), interval '1 minute', time '00:00', '* * * * *', d.description
  from (
    values
      ('seal_events', 'seals the events that were committed since it last ran'),
      ('run_exports', 'writes the exports that were asked for, and removes those that have expired')
  ) as d (job_name, description)
$$;

ALTER FUNCTION audit_private.job_definitions() OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.job_definitions() IS 'the jobs, what runs each, how often, from what time of the day (UTC), and that as pg_cron writes it';

CREATE FUNCTION audit_private.job_slots() RETURNS TABLE(job_name text, every interval, last_slot timestamp with time zone, next_run_at timestamp with time zone)
    LANGUAGE sql SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select d.job_name, d.every, s.last_slot, s.last_slot + d.every
  from audit_private.job_definitions() d
  cross join lateral (
    select date_bin(d.every, clock_timestamp(), '2000-01-01 00:00:00+00'::timestamptz + d.at_time::interval) as last_slot
  ) s
$$;

ALTER FUNCTION audit_private.job_slots() OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.job_slots() IS 'when each job should have begun last, and should begin next';

CREATE FUNCTION audit_private.job_states() RETURNS TABLE(job_name text, every interval, last_slot timestamp with time zone, last_started_at timestamp with time zone, last_finished_at timestamp with time zone, last_step_at timestamp with time zone, last_succeeded_at timestamp with time zone, result text, detail text, run_by text, is_due boolean)
    LANGUAGE sql SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select s.job_name, s.every, s.last_slot, r.started_at, r.finished_at, r.last_step_at, g.last_succeeded_at,
    case when a.is_dead then 'interrupted' else r.result end,
    case when a.is_dead then format('its server process %s is gone', r.process_id) else r.detail end,
    r.run_by, r.started_at is null or r.started_at < s.last_slot and (r.result <> 'running' or a.is_dead)
  from audit_private.job_slots() s
  left join lateral (
    select * from audit_private.job_run j
    where j.job_name = s.job_name and j.started_at <= clock_timestamp()
    order by j.started_at desc
    limit 1
  ) r on true
  cross join lateral (
    select r.result = 'running' and not exists (
      select from pg_stat_activity p where p.pid = r.process_id and (p.backend_start > r.started_at) is not true
    ) as is_dead
  ) a
  cross join lateral (
    select max(j.started_at) as last_succeeded_at from audit_private.job_run j
    where j.job_name = s.job_name and j.result = 'succeeded' and j.started_at <= clock_timestamp()
  ) g
$$;

ALTER FUNCTION audit_private.job_states() OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.job_states() IS 'each job''s last run and last success, and whether it is due';

CREATE FUNCTION audit_private.key_columns(relation regclass) RETURNS text[]
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select array(
    select a.attname::text
    from unnest(x.indkey) with ordinality as k (number, place)
    join pg_attribute a on a.attrelid = x.indrelid and a.attnum = k.number
    where k.place <= x.indnkeyatts
    order by k.place
  )
  from pg_index x
  where x.indrelid = key_columns.relation and (x.indisprimary or x.indisreplident) and x.indisvalid
  order by x.indisprimary desc
  limit 1
$$;

ALTER FUNCTION audit_private.key_columns(relation regclass) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.key_columns(relation regclass) IS 'what tells a table''s rows apart; null without a key';

CREATE FUNCTION audit_private.key_expression(relation regclass, alias text) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET quote_all_identifiers TO 'off'
    AS $$
  select case
    when count(*) = 1 and bool_and(c.is_short) then min(c.expression)
    when count(*) = 1 then format('audit_private.captured_entity_id(%s)', min(c.expression))
    else format('audit_private.captured_entity_id(jsonb_build_array(%s)::text)',
      string_agg(c.expression, ', ' order by c.place))
  end
  from (
    select k.place, a.atttypid = any ('{int2,int4,int8,uuid}'::regtype[]::oid[]) as is_short,
      format(
        case
          when t.is_printed then 'concat(%s.%I)'
          when a.atttypid = any ('{int2,int4,int8,uuid,text,varchar}'::regtype[]::oid[]) then '%s.%I::text'
          else 'to_jsonb(%s.%I) #>> ''{}'''
        end,
        key_expression.alias, a.attname) as expression
    from unnest(audit_private.key_columns(key_expression.relation)) with ordinality as k (name, place)
    join pg_attribute a on a.attrelid = key_expression.relation and a.attname = k.name
    cross join lateral audit_private.column_kind(a.atttypid, a.attcollation) t
  ) c
$$;

ALTER FUNCTION audit_private.key_expression(relation regclass, alias text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.key_expression(relation regclass, alias text) IS 'SQL that gives the entity id of a row under an alias';

CREATE FUNCTION audit_private.known_data_retention(relation regclass) RETURNS audit_private.data_retention
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  entry audit_private.data_retention;
begin
  select d.* into entry
  from audit_private.data_retention d
  where audit_private.relation_named(d.relation) = known_data_retention.relation and d.objects_digest is not null;
  if not found then
    perform audit_private.refuse_data_retention(
      format('%s is not under data retention', coalesce(known_data_retention.relation::text, 'null')),
      coalesce('These tables are: ' || (select string_agg(d.relation, ', ' order by d.relation) from audit_private.data_retention d),
        'No table is.'),
      'select audit.define_data_retention(relation => …, time_column => …, levels => …, decision => ''…'');');
  end if;
  return entry;
end
$$;

ALTER FUNCTION audit_private.known_data_retention(relation regclass) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.known_data_retention(relation regclass) IS 'how a table is under data retention; raises WT112 when it isn''t';

CREATE FUNCTION audit_private.lacking_data_indexes(entry audit_private.data_retention) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    SET quote_all_identifiers TO 'off'
    AS $$
  select string_agg(format('create index concurrently on %s (%s);', n.relation, n.columns), ' ' order by n.relation, n.columns)
  from (
    select c.relation, array_agg(j.key) as names, string_agg(quote_ident(j.key), ', ' order by j.key) as columns
    from audit_private.data_children(entry.children, '', '') c
    cross join jsonb_each_text(c.child_join) j
    group by c.relation, c.child_join
    union
    select entry.relation, array_agg(j.value), string_agg(quote_ident(j.value), ', ' order by j.value)
    from audit_private.data_children(entry.children, '', '') c
    cross join jsonb_each_text(c.child_join) j
    where c.rule = 'with_last'
    group by c.child_join
  ) n
  where not exists (
    select
    from pg_index x
    join pg_attribute a on a.attrelid = x.indrelid and a.attnum = x.indkey[0]
    where x.indrelid = audit_private.relation_named(n.relation) and x.indisvalid and x.indpred is null
      and a.attname = any (n.names)
  )
$$;

ALTER FUNCTION audit_private.lacking_data_indexes(entry audit_private.data_retention) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.lacking_data_indexes(entry audit_private.data_retention) IS 'statements that make the indexes by which a batch finds children and parents; null when they are there';

CREATE FUNCTION audit_private.last_transaction_id() RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select coalesce(max(e.transaction_id), 0) from audit_private.event e
$$;

ALTER FUNCTION audit_private.last_transaction_id() OWNER TO audit_finder;

COMMENT ON FUNCTION audit_private.last_transaction_id() IS 'the largest transaction number of any event';

CREATE FUNCTION audit_private.last_vacuumed_at(relation oid) RETURNS timestamp with time zone
    LANGUAGE sql STABLE PARALLEL RESTRICTED
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select coalesce(
    greatest(
      pg_stat_get_last_vacuum_time(last_vacuumed_at.relation),
      pg_stat_get_last_autovacuum_time(last_vacuumed_at.relation)),
    '-infinity')
$$;

ALTER FUNCTION audit_private.last_vacuumed_at(relation oid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.last_vacuumed_at(relation oid) IS 'when a table was last vacuumed, by hand or by the server';

CREATE FUNCTION audit_private.leaf_of_event(e audit_private.event) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  select pg_catalog.sha256(
    '\x00'::bytea || pg_catalog.convert_to(audit_private.event_envelope(e), 'UTF8')
    || audit_private.actor_id_digest(e) || audit_private.entity_id_digest(e) || audit_private.payload_digest(e))
$$;

ALTER FUNCTION audit_private.leaf_of_event(e audit_private.event) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.leaf_of_event(e audit_private.event) IS 'leaf of an event, as FORMAT.md lays down; the same before and after an erasure';

CREATE FUNCTION audit_private.left_salts(e audit_private.event, erases_actor_id boolean, erases_entity_id boolean, erases_payload boolean) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  select case
      when erases_actor_id or e.actor_id_digest is not null then pg_catalog.decode(pg_catalog.repeat('00', 32), 'hex')
      else audit_private.group_salt(e.salt, e.derived_salts, 'actor_id', 1)
    end
    || case
      when erases_entity_id or e.entity_id_digest is not null then pg_catalog.decode(pg_catalog.repeat('00', 32), 'hex')
      else audit_private.group_salt(e.salt, e.derived_salts, 'entity_id', 2)
    end
    || case
      when erases_payload or e.payload_digest is not null then pg_catalog.decode(pg_catalog.repeat('00', 32), 'hex')
      else audit_private.group_salt(e.salt, e.derived_salts, 'payload', 3)
    end
$$;

ALTER FUNCTION audit_private.left_salts(e audit_private.event, erases_actor_id boolean, erases_entity_id boolean, erases_payload boolean) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.left_salts(e audit_private.event, erases_actor_id boolean, erases_entity_id boolean, erases_payload boolean) IS 'the salts that an erasure leaves of an event: zeroes for a group that it erases or that is erased already';

CREATE FUNCTION audit_private.list_drift() RETURNS TABLE(kind text, name text, problem text)
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select kind, name,
    case when i.digest is null then 'extra' when n.digest is null then 'missing' else 'changed' end
  from audit_private.installed_object i
  full join audit_private.object_digests() n using (kind, name)
  where i.digest is distinct from n.digest
  order by kind, name
$$;

ALTER FUNCTION audit_private.list_drift() OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.list_drift() IS 'objects that are no longer as they were installed: changed, missing or extra';

CREATE FUNCTION audit_private.listed_tenant(tenant_id uuid) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if not audit_private.sees_all_tenants() then
    return audit_private.require_tenant(listed_tenant.tenant_id);
  end if;
  if listed_tenant.tenant_id is not null then
    perform audit_private.check_tenant(listed_tenant.tenant_id);
  end if;
  return listed_tenant.tenant_id;
end
$$;

ALTER FUNCTION audit_private.listed_tenant(tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.listed_tenant(tenant_id uuid) IS 'the tenant to list, or null for all; raises WT001, WT002 or WT003; ends with release_tenant';

CREATE FUNCTION audit_private.lock_catalogue() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lock_timeout TO '10s'
    AS $$
begin
  perform audit_private.require_read_committed();
  lock table audit_private.instance in share row exclusive mode;
exception when lock_not_available then
  raise exception using
    errcode = 'WT084',
    message = 'another transaction is changing tenants, catalogue, options or partitions',
    detail = 'It has held the lock for more than 10 seconds: ' || coalesce((
      select string_agg(format('pid %s, role %s, since %s', l.pid, a.usename, a.xact_start), '; ')
      from pg_locks l
      left join pg_stat_activity a on a.pid = l.pid
      where l.relation = 'audit_private.instance'::regclass and l.mode = 'ShareRowExclusiveLock' and l.granted
    ), 'it has just ended'),
    hint = 'Try again, or have that transaction ended: select pg_terminate_backend(…);';
end
$$;

ALTER FUNCTION audit_private.lock_catalogue() OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.lock_catalogue() IS 'one transaction at a time changes tenants, catalogue, options or partitions; raises WT037 and WT084';

CREATE FUNCTION audit_private.lock_partitions(from_time timestamp with time zone, until_time timestamp with time zone) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  name text;
begin
  perform audit_private.require_read_committed();
  for name in
    select p.partition_name
    from audit_private.event_partitions() p
    where p.until_time > least(lock_partitions.from_time, clock_timestamp() - interval '366 days')
      and p.from_time < greatest(lock_partitions.until_time, clock_timestamp())
    order by p.from_time
  loop
    execute format('lock table audit_private.%I in access share mode', name);
  end loop;
end
$$;

ALTER FUNCTION audit_private.lock_partitions(from_time timestamp with time zone, until_time timestamp with time zone) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.lock_partitions(from_time timestamp with time zone, until_time timestamp with time zone) IS 'keeps the partitions of a time, and of the last year, from being emptied until the transaction ends; raises WT037';

CREATE FUNCTION audit_private.log_consistency(old_size bigint, new_size bigint) RETURNS bytea[]
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  from_index bigint := 0;
  until_index bigint := new_size;
  middle bigint;
  is_known boolean := true;
  path bytea[] := '{}';
begin
  if old_size = 0 then
    return path;
  end if;
  while until_index > old_size loop
    middle := from_index + (1::bigint << audit_private.log_level(until_index - from_index - 1));
    if old_size <= middle then
      path := audit_private.log_hash(middle, until_index) || path;
      until_index := middle;
    else
      path := audit_private.log_hash(from_index, middle) || path;
      from_index := middle;
      is_known := false;
    end if;
  end loop;
  if is_known then
    return path;
  end if;
  return audit_private.log_hash(from_index, until_index) || path;
end
$$;

ALTER FUNCTION audit_private.log_consistency(old_size bigint, new_size bigint) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.log_consistency(old_size bigint, new_size bigint) IS 'proof that the log of a size is a beginning of the log of a later size';

CREATE FUNCTION audit_private.log_event_carefully(action text, entity_type text, entity_id text, description text, metadata jsonb, target jsonb, changes jsonb, outcome text, error_message text, occurred_at timestamp with time zone, idempotency_key text, actor_id text, actor_type text, actor jsonb, tenant_id uuid) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  recorded constant timestamptz := clock_timestamp();
  occurred constant timestamptz := coalesce(occurred_at, recorded);
  tenant uuid := coalesce(tenant_id, nullif(current_setting('pgwitness.tenant_id', true), '')::uuid);
  bytes integer := audit_private.payload_bytes(description, actor, target, changes, metadata, error_message);
  is_logged boolean;
  is_mandatory boolean;
  payload_limit integer;
  is_cut boolean;
  transaction_offset bigint;
  events_until timestamptz;
  place bigint;
  event_id uuid;
  known_id uuid;
  digest bytea;
  known_digest bytea;
begin
  select d.tenant_id, d.is_logged, d.is_mandatory, d.payload_limit, d.is_cut, b.transaction_offset, b.events_until
  into tenant, is_logged, is_mandatory, payload_limit, is_cut, transaction_offset, events_until
  from audit_private.role_binding b
  join audit_private.logging_decision d
    on d.tenant_id = coalesce(tenant, b.only_tenant_id) and d.action = log_event_carefully.action
  where b.role_name = audit_private.effective_role()
    and (b.is_service or d.tenant_id = any (b.tenant_ids))
    and log_event_carefully.entity_type = any (b.entity_types);
  if not found then
    perform audit_private.refuse_write(tenant_id, action, entity_type);
  end if;

  if bytes > payload_limit and is_cut then
    select p.*
    into description, actor, target, changes, metadata, error_message
    from audit_private.cut_payload(
      payload_limit, description, actor, target, changes, metadata, error_message) p;
    bytes := 0;
  end if;
  if (
    not is_mandatory
    and audit_private.is_valid_event(
      description, outcome, error_message, entity_id, actor_id, actor_type, actor, target, changes)
    and bytes <= payload_limit
    and (occurred_at is null
      or occurred between recorded - interval '24 hours' and recorded + interval '5 minutes')
    and occurred < events_until
  ) is not true then
    perform audit_private.refuse_event(
      null, action, description, outcome, error_message, entity_id, actor_id, actor_type, actor, target, changes, is_mandatory,
      occurred, recorded - interval '24 hours', recorded + interval '5 minutes', events_until, bytes,
      payload_limit);
  end if;
  if not is_logged then
    return null;
  end if;

  place := nextval('audit_private.event_sequence');
  event_id := audit_private.new_event_id(occurred, place);
  if idempotency_key is not null then
    if occurred_at is not null then
      event_id := audit_private.derived_event_id(tenant, occurred, idempotency_key);
    end if;
    digest := audit_private.content_digest(
      action, entity_type, entity_id, description, target, changes, metadata, outcome, error_message,
      actor_id, actor_type);
    known_id := audit_private.claim_idempotency_key(tenant, idempotency_key, event_id, digest);
    if known_id <> event_id then
      return known_id;
    end if;
    if occurred_at is not null then
      select f.content_digest into known_digest
      from audit_private.find_content_digests(tenant, array[occurred], array[event_id]) f;
      if found and known_digest <> digest then
        perform audit_private.refuse_repeat(idempotency_key);
      elsif found then
        return event_id;
      end if;
    end if;
  end if;

  insert into audit_private.event (
    tenant_id, occurred_at, id, recorded_at, sequence, transaction_id, salt, source, action, entity_type,
    actor_type, outcome, recorded_by, actor_id, entity_id, description, actor, target, changes, metadata,
    ip, user_agent, request_id, error_message
  )
  values (
    tenant, occurred, event_id, recorded, place,
    transaction_offset + txid_current(), gen_random_uuid(), 'logged', action, entity_type,
    actor_type, outcome,
    audit_private.recorded_by(), actor_id, entity_id, description, actor, target, changes, metadata,
    nullif(current_setting('pgwitness.ip', true), '')::inet,
    left(nullif(current_setting('pgwitness.user_agent', true), ''), 1000),
    left(nullif(current_setting('pgwitness.request_id', true), ''), 500),
    error_message
  );
  return event_id;
end
$$;

ALTER FUNCTION audit_private.log_event_carefully(action text, entity_type text, entity_id text, description text, metadata jsonb, target jsonb, changes jsonb, outcome text, error_message text, occurred_at timestamp with time zone, idempotency_key text, actor_id text, actor_type text, actor jsonb, tenant_id uuid) OWNER TO audit_writer;

COMMENT ON FUNCTION audit_private.log_event_carefully(action text, entity_type text, entity_id text, description text, metadata jsonb, target jsonb, changes jsonb, outcome text, error_message text, occurred_at timestamp with time zone, idempotency_key text, actor_id text, actor_type text, actor jsonb, tenant_id uuid) IS 'what log_event does with an event that isn''t plain: stores, finds, cuts, silences or refuses it';

CREATE FUNCTION audit_private.log_hash(from_index bigint, until_index bigint) RETURNS bytea
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  size constant bigint := until_index - from_index;
  middle bigint;
begin
  if size = 0 then
    return sha256('');
  end if;
  if 1::bigint << audit_private.log_level(size) = size and from_index % size = 0 then
    return (
      select n.hash from audit_private.tree_node n
      where n.level = audit_private.log_level(size) and n.position = from_index / size
    );
  end if;
  middle := from_index + (1::bigint << audit_private.log_level(size - 1));
  return sha256(
    '\x01'::bytea || audit_private.log_hash(from_index, middle) || audit_private.log_hash(middle, until_index));
end
$$;

ALTER FUNCTION audit_private.log_hash(from_index bigint, until_index bigint) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.log_hash(from_index bigint, until_index bigint) IS 'root of the tree over the seals of the log from one place until before another; null where nodes are missing';

CREATE FUNCTION audit_private.log_level(size bigint) RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  select pg_catalog.length(pg_catalog.ltrim((size::bit(64))::text, '0')) - 1
$$;

ALTER FUNCTION audit_private.log_level(size bigint) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.log_level(size bigint) IS 'level of the largest whole tree with at most so many leaves';

CREATE FUNCTION audit_private.log_origin(epoch integer) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select format('pgwitness/%s/%s', i.installation_id, log_origin.epoch) from audit_private.instance i
$$;

ALTER FUNCTION audit_private.log_origin(epoch integer) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.log_origin(epoch integer) IS 'the log''s name in an epoch, as seals and checkpoints carry it';

CREATE FUNCTION audit_private.log_path(index bigint, size bigint) RETURNS bytea[]
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  from_index bigint := 0;
  until_index bigint := size;
  middle bigint;
  path bytea[] := '{}';
begin
  while until_index - from_index > 1 loop
    middle := from_index + (1::bigint << audit_private.log_level(until_index - from_index - 1));
    if index < middle then
      path := audit_private.log_hash(middle, until_index) || path;
      until_index := middle;
    else
      path := audit_private.log_hash(from_index, middle) || path;
      from_index := middle;
    end if;
  end loop;
  return path;
end
$$;

ALTER FUNCTION audit_private.log_path(index bigint, size bigint) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.log_path(index bigint, size bigint) IS 'inclusion proof of the seal at a place, from 0, in the log as it was with so many seals';

CREATE FUNCTION audit_private.match_expression(relation regclass, tenant_column text, left_alias text, right_alias text) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET quote_all_identifiers TO 'off'
    AS $_$
  select case
      when bool_and(a.atttypid = any ('{int2,int4,int8,uuid}'::regtype[]::oid[]))
        then string_agg(format('%1$s.%3$I = %2$s.%3$I', left_alias, right_alias, a.attname), ' and ' order by a.attnum)
      else format('(%s) collate "C" = (%s) collate "C"',
        audit_private.key_expression(match_expression.relation, left_alias),
        audit_private.key_expression(match_expression.relation, right_alias))
    end
    || case
      when tenant_column is null then ''
      else format(' and %1$s.%3$s = %2$s.%3$s', left_alias, right_alias, quote_ident(tenant_column))
    end
  from pg_attribute a
  where a.attrelid = match_expression.relation
    and a.attname = any (audit_private.key_columns(match_expression.relation))
$_$;

ALTER FUNCTION audit_private.match_expression(relation regclass, tenant_column text, left_alias text, right_alias text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.match_expression(relation regclass, tenant_column text, left_alias text, right_alias text) IS 'SQL that tells whether two rows are the same entity of the same tenant';

CREATE FUNCTION audit_private.matching_holds(tenant_id uuid, occurred_at timestamp with time zone, id uuid, source text, action text, entity_type text, actor_type text, outcome text, actor_id text, entity_id text) RETURNS SETOF uuid
    LANGUAGE sql STABLE ROWS 1 PARALLEL SAFE
    AS $$
  select h.hold_id
  from audit_private.legal_hold h
  where h.tenant_id = matching_holds.tenant_id
    and h.released_at is null
    and matching_holds.occurred_at >= h.from_time
    and matching_holds.occurred_at < h.until_time
    and (h.ids is null or matching_holds.id = any (h.ids))
    and (h.sources is null or matching_holds.source = any (h.sources))
    and (h.actions is null or matching_holds.action = any (h.actions))
    and (h.entity_types is null or matching_holds.entity_type = any (h.entity_types))
    and (h.actor_types is null or matching_holds.actor_type = any (h.actor_types))
    and (h.outcomes is null or matching_holds.outcome = any (h.outcomes))
    and (
      h.actor_ids is null
      or matching_holds.actor_id = any (h.actor_ids)
      or matching_holds.actor_id is null and pg_catalog.array_position(h.actor_ids, null) is not null
    )
    and (
      h.entity_ids is null
      or matching_holds.entity_id = any (h.entity_ids)
      or matching_holds.entity_id is null and pg_catalog.array_position(h.entity_ids, null) is not null
    )
    and (
      h.categories is null
      or exists (
        select from audit_private.action a
        where a.action = matching_holds.action and a.category = any (h.categories)
      )
    )
$$;

ALTER FUNCTION audit_private.matching_holds(tenant_id uuid, occurred_at timestamp with time zone, id uuid, source text, action text, entity_type text, actor_type text, outcome text, actor_id text, entity_id text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.matching_holds(tenant_id uuid, occurred_at timestamp with time zone, id uuid, source text, action text, entity_type text, actor_type text, outcome text, actor_id text, entity_id text) IS 'the standing holds that keep an event';

CREATE FUNCTION audit_private.may_export(tenant_id uuid) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select pg_try_advisory_xact_lock_shared(hashtextextended('pgwitness erasure ' || may_export.tenant_id, 0))
$$;

ALTER FUNCTION audit_private.may_export(tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.may_export(tenant_id uuid) IS 'whether no erasure of the tenant is under way; none erases anything then until the transaction ends';

CREATE FUNCTION audit_private.merkle_level(nodes bytea) RETURNS bytea
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select coalesce(string_agg(sha256('\x01'::bytea || substr(nodes, place * 64 + 1, 64)), ''), '')
    || substr(nodes, octet_length(nodes) / 64 * 64 + 1)
  from generate_series(0, octet_length(nodes) / 64 - 1) as place
$$;

ALTER FUNCTION audit_private.merkle_level(nodes bytea) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.merkle_level(nodes bytea) IS 'the level of the tree of RFC 6962 above nodes, 32 bytes each one behind the other';

CREATE FUNCTION audit_private.merkle_path(leaves bytea, index integer) RETURNS bytea[]
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  nodes bytea := merkle_path.leaves;
  place integer := merkle_path.index;
  path bytea[] := '{}';
begin
  while octet_length(nodes) > 32 loop
    if (place # 1) * 32 < octet_length(nodes) then
      path := path || substr(nodes, (place # 1) * 32 + 1, 32);
    end if;
    nodes := audit_private.merkle_level(nodes);
    place := place / 2;
  end loop;
  return path;
end
$$;

ALTER FUNCTION audit_private.merkle_path(leaves bytea, index integer) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.merkle_path(leaves bytea, index integer) IS 'inclusion proof (RFC 6962, 2.1.1) of one of leaf hashes, by its place from 0';

CREATE FUNCTION audit_private.merkle_root(leaves bytea) RETURNS bytea
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  nodes bytea := nullif(merkle_root.leaves, '');
begin
  while octet_length(nodes) > 32 loop
    nodes := audit_private.merkle_level(nodes);
  end loop;
  return coalesce(nodes, sha256(''));
end
$$;

ALTER FUNCTION audit_private.merkle_root(leaves bytea) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.merkle_root(leaves bytea) IS 'root of the tree of RFC 6962 over leaf hashes, 32 bytes each one behind the other';

CREATE FUNCTION audit_private.microseconds(moment timestamp with time zone) RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  select (pg_catalog.date_part('epoch', moment) * 1000000)::bigint
$$;

ALTER FUNCTION audit_private.microseconds(moment timestamp with time zone) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.microseconds(moment timestamp with time zone) IS 'a moment as sealed entries hold it: microseconds since 1970-01-01 00:00 UTC';

CREATE FUNCTION audit_private.new_event_id(occurred_at timestamp with time zone, unique_bits bigint) RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  select (
    audit_private.event_id_prefix(occurred_at)
    || pg_catalog.to_hex(unique_bits + (-9223372036854775808))
  )::uuid
$$;

ALTER FUNCTION audit_private.new_event_id(occurred_at timestamp with time zone, unique_bits bigint) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.new_event_id(occurred_at timestamp with time zone, unique_bits bigint) IS 'a UUIDv7 that gives occurred_at to the microsecond; unique_bits is 0 to 2^62 - 1';

CREATE FUNCTION audit_private.next_data_purge(run_id uuid) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    SET quote_all_identifiers TO 'off'
    AS $_$
declare
  run audit_private.job_run;
  entry audit_private.data_retention;
  problem text;
begin
  perform audit_private.require_read_committed();
  select r.* into run
  from audit_private.job_run r
  where r.run_id = next_data_purge.run_id and r.result = 'running' and r.job_name = 'purge_data'
    and r.process_id = pg_backend_pid()
  for no key update;
  if not found then
    return null;
  end if;
  if run.place is null then
    perform audit_private.finish_data_purge(t.run_id, t.relation, 'interrupted', 'the run ended before it had looked at every row')
    from audit_private.data_purge_receipt t
    where t.result = 'running' and t.run_id <> run.run_id
    group by t.run_id, t.relation;
    run.place := '{"relation": "", "stage": "done"}';
  end if;

  if run.place ->> 'stage' <> 'done' then
    select d.* into entry from audit_private.data_retention d where d.relation = run.place ->> 'relation';
    problem := case
      when entry.armed_at is null then 'it was disarmed while the run was at it'
      when (run.place ->> 'is_asked')::boolean then 'a batch noted nothing'
      when audit_private.data_objects_digest(entry.object_name, entry.owner_name) is distinct from entry.objects_digest
        then 'its view or functions are not those that were generated'
    end;
    if problem is not null then
      perform audit_private.finish_data_purge(run.run_id, run.place ->> 'relation', 'failed', problem);
      run.place := run.place || '{"stage": "done"}';
    end if;
  end if;
  while run.place ->> 'stage' = 'done' loop
    select d.* into entry
    from audit_private.data_retention d
    where d.armed_at is not null and d.relation > (run.place ->> 'relation')
    order by d.relation
    limit 1;
    if not found then
      return null;
    end if;
    run.place := jsonb_build_object('relation', entry.relation, 'stage', 'review');
    problem := audit_private.data_retention_problem(entry);
    if problem is not null then
      perform audit_private.finish_data_purge(run.run_id, entry.relation, 'skipped', problem);
      run.place := run.place || '{"stage": "done"}';
    end if;
  end loop;
  if run.place ->> 'stage' = 'review' then
    update audit_private.data_retention_group g
    set days = g.next_days, took_effect_at = run.started_at, next_days = null, next_takes_effect_at = null
    where g.relation = entry.relation and g.next_takes_effect_at <= run.started_at;
  end if;
  update audit_private.job_run r
  set place = run.place || '{"is_asked": true}', last_step_at = clock_timestamp()
  where r.run_id = run.run_id;
  return format('select audit_data.%I($1)',
    case run.place ->> 'stage' when 'review' then 'review_of_' else 'purge_of_' end || entry.object_name);
end
$_$;

ALTER FUNCTION audit_private.next_data_purge(run_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.next_data_purge(run_id uuid) IS 'the statement that a run has to execute next; null when it has been through every table; a step of purge_data';

CREATE FUNCTION audit_private.note_data_batch(run_id uuid, relation text, last_key jsonb, looked_at integer, kept jsonb, gone text[], gone_tenants uuid[], gone_levels text[], gone_children uuid[], late text[], left_over text[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    AS $$
declare
  run audit_private.job_run;
  delay constant interval := (
    select make_interval(hours => 24 * o.value::integer) from audit_private.option o where o.name = 'retention_delay_days');
begin
  select r.* into run
  from audit_private.job_run r
  where r.run_id = note_data_batch.run_id and r.result = 'running' and r.process_id = pg_backend_pid();
  if not found then
    return;
  end if;
  insert into audit_private.data_purge_receipt as t
    (tenant_id, run_id, relation, decision, removed, children_removed, kept_locked, failed, by_level, error)
  select c.tenant_id, note_data_batch.run_id, note_data_batch.relation,
    (select d.decision from audit_private.data_retention d where d.relation = note_data_batch.relation),
    sum(c.removed), sum(c.children_removed), sum(c.kept_locked), sum(c.failed),
    coalesce(jsonb_object_agg(c.level, c.removed) filter (where c.removed > 0), '{}'), min(c.error)
  from (
    select coalesce(g.tenant_id, '00000000-0000-0000-0000-000000000000') as tenant_id, g.level, count(*) as removed,
      0 as children_removed, 0 as kept_locked, 0 as failed, null as error
    from unnest(note_data_batch.gone_tenants, note_data_batch.gone_levels) as g (tenant_id, level)
    group by 1, 2
    union all
    select coalesce(g.tenant_id, '00000000-0000-0000-0000-000000000000'), null, 0, count(*), 0, 0, null
    from unnest(note_data_batch.gone_children) as g (tenant_id)
    group by 1
    union all
    select coalesce(k.tenant_id, '00000000-0000-0000-0000-000000000000'), null, 0, 0,
      coalesce(sum(k.rows) filter (where k.fate = 'locked'), 0), coalesce(sum(k.rows) filter (where k.fate = 'failed'), 0),
      min(k.error)
    from jsonb_to_recordset(note_data_batch.kept) as k (tenant_id uuid, fate text, rows bigint, error text)
    where k.fate in ('locked', 'failed')
    group by 1
  ) c
  group by c.tenant_id
  on conflict on constraint data_purge_receipt_pkey do update
  set removed = t.removed + excluded.removed,
    children_removed = t.children_removed + excluded.children_removed,
    kept_locked = t.kept_locked + excluded.kept_locked,
    failed = t.failed + excluded.failed,
    error = coalesce(t.error, excluded.error),
    by_level = t.by_level || (
      select coalesce(jsonb_object_agg(l.key, l.value::bigint + coalesce((t.by_level ->> l.key)::bigint, 0)), '{}')
      from jsonb_each_text(excluded.by_level) l
    );

  delete from audit_private.data_retention_wait w
  where w.relation = note_data_batch.relation and w.entity_id = any (note_data_batch.gone);
  insert into audit_private.data_retention_wait as w (relation, entity_id, waits_until, seen_at)
  select note_data_batch.relation, i.item, run.started_at + min(i.delay), run.started_at
  from (
    select n.item, delay from unnest(note_data_batch.late) as n (item)
    union all
    select n.item, interval '0' from unnest(note_data_batch.left_over) as n (item)
  ) i
  group by i.item
  on conflict on constraint data_retention_wait_pkey do update
  set waits_until = least(w.waits_until, excluded.waits_until), seen_at = excluded.seen_at;

  if cardinality(note_data_batch.gone) > 0 then
    perform audit_private.erase_gone(note_data_batch.run_id, note_data_batch.relation);
  end if;
  if note_data_batch.looked_at > 0 then
    update audit_private.job_run r
    set place = r.place || jsonb_build_object('after', note_data_batch.last_key, 'is_asked', false),
      last_step_at = clock_timestamp()
    where r.run_id = note_data_batch.run_id;
  else
    delete from audit_private.data_retention_wait w
    where w.relation = note_data_batch.relation and w.seen_at < run.started_at;
    perform audit_private.finish_data_purge(note_data_batch.run_id, note_data_batch.relation, 'succeeded', null);
  end if;
end
$$;

ALTER FUNCTION audit_private.note_data_batch(run_id uuid, relation text, last_key jsonb, looked_at integer, kept jsonb, gone text[], gone_tenants uuid[], gone_levels text[], gone_children uuid[], late text[], left_over text[]) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.note_data_batch(run_id uuid, relation text, last_key jsonb, looked_at integer, kept jsonb, gone text[], gone_tenants uuid[], gone_levels text[], gone_children uuid[], late text[], left_over text[]) IS 'notes what a batch removed and kept, and how far the run has come; a step of the generated functions';

CREATE FUNCTION audit_private.note_data_review(run_id uuid, relation text, summary jsonb, group_keys text[], group_days integer[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    AS $$
declare
  entry audit_private.data_retention;
  moment timestamptz;
  delay constant interval := (
    select make_interval(hours => 24 * o.value::integer) from audit_private.option o where o.name = 'retention_delay_days');
  share constant integer := (select o.value::integer from audit_private.option o where o.name = 'data_purge_limit_percent');
  rows_present bigint;
  rows_due bigint;
  rows_overdue bigint;
begin
  select d.* into entry from audit_private.data_retention d where d.relation = note_data_review.relation;
  select coalesce(sum(s.rows), 0), coalesce(sum(s.due), 0), coalesce(sum(s.overdue), 0)
  into rows_present, rows_due, rows_overdue
  from jsonb_to_recordset(note_data_review.summary) as s (rows bigint, due bigint, overdue bigint);
  if note_data_review.run_id is null then
    insert into audit_private.data_retention_preview (relation, previewed_by, due, group_keys, group_days)
    values (entry.relation, audit_private.recorded_by(), rows_due, note_data_review.group_keys, note_data_review.group_days)
    on conflict on constraint data_retention_preview_pkey do update
    set previewed_at = excluded.previewed_at, due = excluded.due, group_keys = excluded.group_keys,
      group_days = excluded.group_days;
    return;
  end if;

  select r.started_at into moment
  from audit_private.job_run r
  where r.run_id = note_data_review.run_id and r.result = 'running' and r.process_id = pg_backend_pid();
  if not found then
    return;
  end if;
  delete from audit_private.data_retention_group g
  where g.relation = entry.relation
    and not exists (select from unnest(note_data_review.group_keys) as k (item) where k.item = g.group_key);
  insert into audit_private.data_retention_group as g
    (relation, group_key, days, took_effect_at, next_days, next_takes_effect_at)
  select entry.relation, k.item, null, moment, k.days, case when k.days is not null then moment + delay end
  from unnest(note_data_review.group_keys, note_data_review.group_days) as k (item, days)
  on conflict on constraint data_retention_group_pkey do update
  set (days, took_effect_at, next_days, next_takes_effect_at) = (
    select
      case when s.is_shorter then g.days else excluded.next_days end,
      case when s.is_shorter or g.days is not distinct from excluded.next_days then g.took_effect_at else moment end,
      case when s.is_shorter then excluded.next_days end,
      case
        when not s.is_shorter then null
        when g.next_days <= excluded.next_days then g.next_takes_effect_at
        else excluded.next_takes_effect_at
      end
    from (select coalesce(excluded.next_days < coalesce(g.days, 2556), false) as is_shorter) s
  )
  where (g.days, g.next_days) is distinct from (excluded.next_days, null::integer)
    and (excluded.next_days is null or g.next_days is distinct from excluded.next_days);

  insert into audit_private.data_purge_receipt
    (tenant_id, run_id, relation, decision, predicted, waiting, kept_by_hold, invalid)
  select s.tenant_id, note_data_review.run_id, entry.relation, entry.decision, sum(s.due), sum(s.waiting), sum(s.kept_by_hold),
    sum(s.invalid)
  from (
    select coalesce(r.tenant_id, '00000000-0000-0000-0000-000000000000') as tenant_id, r.due, r.waiting, r.kept_by_hold, r.invalid
    from jsonb_to_recordset(note_data_review.summary)
      as r (tenant_id uuid, due bigint, waiting bigint, kept_by_hold bigint, invalid bigint)
    union all
    select '00000000-0000-0000-0000-000000000000', 0, 0, 0, 0 where note_data_review.summary = '[]'
  ) s
  group by s.tenant_id;
  update audit_private.job_run r
  set place = r.place || '{"stage": "purge", "is_asked": false}', last_step_at = clock_timestamp()
  where r.run_id = note_data_review.run_id;
  if (rows_due - coalesce(entry.approved_rows, 0)) * 100 > share * rows_present then
    perform audit_private.finish_data_purge(note_data_review.run_id, entry.relation, 'stopped',
      format('%s of %s rows are due, more than the %s %% that a run removes without being told: preview and arm it again',
        rows_due, rows_present, share));
  elsif rows_overdue = 0 then
    perform audit_private.finish_data_purge(note_data_review.run_id, entry.relation, 'succeeded', null);
  end if;
end
$$;

ALTER FUNCTION audit_private.note_data_review(run_id uuid, relation text, summary jsonb, group_keys text[], group_days integer[]) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.note_data_review(run_id uuid, relation text, summary jsonb, group_keys text[], group_days integer[]) IS 'notes what a preview showed, or what a run predicts and which days are in force; a step of the generated functions';

CREATE FUNCTION audit_private.note_erased(tenant_id uuid, erasure_id uuid, event_ids uuid[], groups text[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "DateStyle" TO 'ISO, YMD'
    SET jit TO 'off'
    SET enable_nestloop TO 'off'
    AS $_$
declare
  key constant bytea := uuid_send(gen_random_uuid());
  span record;
begin
  insert into audit_private.pending_erasure (tenant_id, erasure_id, occurred_at, event_id, groups)
  select note_erased.tenant_id, note_erased.erasure_id, audit_private.event_time(k.id), k.id, array_agg(distinct g.name)
  from unnest(note_erased.event_ids, note_erased.groups) as k (id, groups)
  cross join lateral unnest(k.groups::text[]) as g (name)
  where audit_private.event_time(k.id) is not null and g.name in ('actor_id', 'entity_id', 'payload')
  group by k.id;
  for span in select w.* from audit_private.pending_windows(note_erased.tenant_id, note_erased.erasure_id) w loop
    execute format(
      'update audit_private.pending_erasure p
      set pseudonym = ''erased-'' || left(encode(sha256($1 || convert_to(e.actor_id, ''UTF8'')), ''hex''), 32)::uuid
      from audit_private.event e
      where p.tenant_id = %1$L::uuid
        and p.erasure_id = %2$L::uuid
        and p.occurred_at >= %3$L::timestamptz
        and p.occurred_at < %4$L::timestamptz
        and e.tenant_id = %1$L::uuid
        and e.occurred_at >= %3$L::timestamptz
        and e.occurred_at < %4$L::timestamptz
        and e.occurred_at = p.occurred_at
        and e.id = p.event_id
        and ''actor_id'' = any (p.groups)',
      note_erased.tenant_id, note_erased.erasure_id, span.window_from, span.window_until)
    using key;
  end loop;
end
$_$;

ALTER FUNCTION audit_private.note_erased(tenant_id uuid, erasure_id uuid, event_ids uuid[], groups text[]) OWNER TO audit_keeper;

COMMENT ON FUNCTION audit_private.note_erased(tenant_id uuid, erasure_id uuid, event_ids uuid[], groups text[]) IS 'notes events of a tenant by id, with the groups to erase of each as the text of an array';

CREATE FUNCTION audit_private.note_partitions_end() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  covered_until constant timestamptz := audit_private.partitions_end(now() - interval '24 hours');
begin
  update audit_private.instance i
  set events_until = covered_until
  where i.events_until is distinct from covered_until;
end
$$;

ALTER FUNCTION audit_private.note_partitions_end() OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.note_partitions_end() IS 'brings the end of the partitions up to date';

CREATE FUNCTION audit_private.note_place(run_id uuid, place jsonb) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  update audit_private.job_run r
  set last_step_at = clock_timestamp(), place = note_place.place
  where r.run_id = note_place.run_id and r.result = 'running'
$$;

ALTER FUNCTION audit_private.note_place(run_id uuid, place jsonb) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.note_place(run_id uuid, place jsonb) IS 'a run lives, and has come this far';

CREATE FUNCTION audit_private.note_purge_error(run_id uuid, tenant_id uuid, error text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  update audit_private.purge_receipt r
  set error = concat_ws('; ', r.error, note_purge_error.error)
  where r.run_id = note_purge_error.run_id
    and (r.tenant_id = note_purge_error.tenant_id or note_purge_error.tenant_id is null and r.predicted > r.removed)
$$;

ALTER FUNCTION audit_private.note_purge_error(run_id uuid, tenant_id uuid, error text) OWNER TO audit_keeper;

COMMENT ON FUNCTION audit_private.note_purge_error(run_id uuid, tenant_id uuid, error text) IS 'what kept a purge from removing events of a tenant, or of every one that still has some, stands on the receipt';

CREATE FUNCTION audit_private.note_removals(run_id uuid, tenant_id uuid, from_time timestamp with time zone, until_time timestamp with time zone, kept_times timestamp with time zone[], kept_ids uuid[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    SET work_mem TO '64MB'
    AS $$
declare
  kept_moments constant timestamptz[] := array(select unnest(note_removals.kept_times) order by 1);
  touched bigint[];
begin
  with found as materialized (
    select s.seal_number, s.event_count,
      s.first_at >= note_removals.from_time and s.last_at < note_removals.until_time
        and width_bucket(s.last_at, kept_moments)
          = width_bucket(s.first_at - interval '1 microsecond', kept_moments) as is_whole
    from audit_private.seals_between(note_removals.tenant_id, note_removals.from_time, note_removals.until_time) s
    where not audit_private.is_emptied(s.tenant_id, s.seal_number)
  ),
  whole as (
    select f.seal_number, f.event_count, f.event_count - coalesce((
        select sum(p.removed) from audit_private.part_removal p
        where p.tenant_id = note_removals.tenant_id and p.seal_number = f.seal_number
      ), 0) as removed
    from found f
    where f.is_whole
    union all
    select s.seal_number, 0, 0
    from audit_private.seal s
    where s.tenant_id = note_removals.tenant_id
      and s.event_count = 0
      and s.seal_number > (select min(f.seal_number) from found f where f.is_whole)
      and s.seal_number < (select max(f.seal_number) from found f where f.is_whole)
  ),
  noted as (
    insert into audit_private.seal_removal (tenant_id, first_seal, last_seal, run_id, removed)
    select note_removals.tenant_id, min(w.seal_number) filter (where w.event_count > 0),
      max(w.seal_number) filter (where w.event_count > 0), note_removals.run_id, sum(w.removed)
    from (select w.*, w.seal_number - row_number() over (order by w.seal_number) as island from whole w) w
    group by w.island
    having sum(w.event_count) > 0
  ),
  forgotten as (
    delete from audit_private.seal_part p
    using found f
    where f.is_whole and p.tenant_id = note_removals.tenant_id and p.seal_number = f.seal_number
  ),
  marked as (
    insert into audit_private.part_removal as known (tenant_id, seal_number, part, run_id, removed, places)
    select note_removals.tenant_id, m.seal_number, m.part, note_removals.run_id, m.removed, m.places
    from (
      select u.seal_number, u.part, count(*) filter (where u.is_gone)::integer as removed,
        string_agg(case when u.is_gone then '1' else '0' end, '' order by u.place)::bit(1024) as places
      from (
        select p.seal_number, p.part, l.place,
          l.occurred_at >= note_removals.from_time and l.occurred_at < note_removals.until_time
            and (p.places is null or get_bit(p.places, l.place::integer - 1) = 0)
            and (l.occurred_at, l.id) not in (
              select k.occurred_at, k.id
              from unnest(note_removals.kept_times, note_removals.kept_ids) as k (occurred_at, id)
            ) as is_gone
        from (
          select q.seal_number, q.part, q.times, q.ids,
            audit_private.removed_places(q.tenant_id, q.seal_number, q.part) as places
          from found f
          join audit_private.seal_part q on q.tenant_id = note_removals.tenant_id and q.seal_number = f.seal_number
          where not f.is_whole and q.last_at >= note_removals.from_time and q.first_at < note_removals.until_time
          offset 0
        ) p
        cross join lateral unnest(p.times, p.ids) with ordinality as l (occurred_at, id, place)
      ) u
      group by u.seal_number, u.part
    ) m
    where m.removed > 0
    on conflict on constraint part_removal_pkey do update
    set removed = known.removed + excluded.removed, places = known.places | excluded.places
    returning known.seal_number
  )
  select array_agg(distinct m.seal_number) into touched from marked m;

  delete from audit_private.seal_part p
  using audit_private.seal s
  where s.tenant_id = note_removals.tenant_id
    and s.seal_number = any (touched)
    and s.event_count = (
      select sum(r.removed) from audit_private.part_removal r
      where r.tenant_id = s.tenant_id and r.seal_number = s.seal_number
    )
    and p.tenant_id = s.tenant_id
    and p.seal_number = s.seal_number;
end
$$;

ALTER FUNCTION audit_private.note_removals(run_id uuid, tenant_id uuid, from_time timestamp with time zone, until_time timestamp with time zone, kept_times timestamp with time zone[], kept_ids uuid[]) OWNER TO audit_keeper;

COMMENT ON FUNCTION audit_private.note_removals(run_id uuid, tenant_id uuid, from_time timestamp with time zone, until_time timestamp with time zone, kept_times timestamp with time zone[], kept_ids uuid[]) IS 'notes which sealed events of a tenant a purge removes between two times: all but those that are kept';

CREATE FUNCTION audit_private.note_schedule(role name, is_scheduled boolean, reason text DEFAULT NULL::text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  checked_reason constant text := case when not is_scheduled then audit_private.check_reason(note_schedule.reason) end;
  before jsonb;
  changed jsonb;
begin
  perform audit_private.lock_catalogue();
  select coalesce(jsonb_object_agg(format('%s as %I', s.job_name, s.scheduled_by), s.schedule), '{}') into before
  from audit_private.job_schedule s;
  if note_schedule.is_scheduled then
    insert into audit_private.job_schedule as s (job_name, schedule, scheduled_by)
    select d.job_name, d.cron, note_schedule.role from audit_private.job_definitions() d
    on conflict (job_name, scheduled_by) do update
    set schedule = excluded.schedule, scheduled_at = clock_timestamp()
    where s.schedule <> excluded.schedule;
  else
    delete from audit_private.job_schedule s
    where s.scheduled_by = note_schedule.role or (select r.rolsuper from pg_roles r where r.rolname = note_schedule.role);
  end if;
  select jsonb_object_agg(key, jsonb_build_object('old', b.value, 'new', a.value)) into changed
  from jsonb_each(before) b
  full join (
    select format('%s as %I', s.job_name, s.scheduled_by) as key, to_jsonb(s.schedule) as value
    from audit_private.job_schedule s
  ) a using (key)
  where a.value is distinct from b.value;
  if changed is null then
    return;
  end if;
  perform audit_private.write_system_event(
    tenant_id => '00000000-0000-0000-0000-000000000000',
    action => case when note_schedule.is_scheduled then 'jobs_scheduled' else 'jobs_unscheduled' end,
    entity_type => 'audit_job',
    entity_id => 'pg_cron',
    description => format('Jobs %s by %I', case when note_schedule.is_scheduled then 'handed to pg_cron' else 'taken from pg_cron' end,
      note_schedule.role),
    metadata => jsonb_strip_nulls(jsonb_build_object('reason', checked_reason)),
    changes => changed);
end
$$;

ALTER FUNCTION audit_private.note_schedule(role name, is_scheduled boolean, reason text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.note_schedule(role name, is_scheduled boolean, reason text) IS 'remembers and logs which jobs a role has handed to pg_cron, or taken from it';

CREATE FUNCTION audit_private.note_step(run_id uuid) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  update audit_private.job_run r
  set last_step_at = clock_timestamp()
  where r.run_id = note_step.run_id and r.result = 'running'
$$;

ALTER FUNCTION audit_private.note_step(run_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.note_step(run_id uuid) IS 'a run lives';

CREATE FUNCTION audit_private.note_verification(run_id uuid, from_time timestamp with time zone, until_time timestamp with time zone, finding_count bigint, findings jsonb) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  insert into audit_private.verification (from_time, until_time, verified_at, log_size, finding_count, findings)
  select note_verification.from_time, note_verification.until_time, clock_timestamp(), (r.place -> 'log_size')::bigint,
    note_verification.finding_count, note_verification.findings
  from audit_private.job_run r
  where r.run_id = note_verification.run_id
  on conflict (from_time) do update
  set verified_at = excluded.verified_at, log_size = excluded.log_size, finding_count = excluded.finding_count,
    findings = excluded.findings
$$;

ALTER FUNCTION audit_private.note_verification(run_id uuid, from_time timestamp with time zone, until_time timestamp with time zone, finding_count bigint, findings jsonb) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.note_verification(run_id uuid, from_time timestamp with time zone, until_time timestamp with time zone, finding_count bigint, findings jsonb) IS 'keeps what a run has found of a time, in place of what an earlier one had';

CREATE FUNCTION audit_private.object_digests() RETURNS TABLE(kind text, name text, digest text)
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select o.kind, o.name, encode(sha256(convert_to(o.definition, 'UTF8')), 'hex')
  from (
    select 'function' as kind, p.oid::regprocedure::text as name,
      jsonb_build_array(
        p.prosrc, p.proconfig, p.prosecdef, p.provolatile, p.prokind, p.proretset,
        p.prorettype::regtype::text, pg_get_function_arguments(p.oid), p.prolang::integer,
        p.proowner::regrole::text,
        array(
          select a::text from unnest(p.proacl) as a
          where not audit_private.is_data_owner_right(a, p.proname) order by a::text collate "C")
      )::text as definition
    from pg_proc p
    where p.pronamespace in ('audit'::regnamespace, 'audit_private'::regnamespace)
      and not exists (
        select from audit_private.watched_table w
        where p.proname = 'on_' || w.entity_type and w.unwatched_at is null
      )
    union all
    select 'trigger', format('%s on %s', g.tgname, g.tgrelid::regclass),
      jsonb_build_array(g.tgfoid::regprocedure::text, g.tgtype, g.tgenabled, g.tgqual)::text
    from pg_trigger g
    join pg_class c on c.oid = g.tgrelid
    where c.relnamespace = 'audit_private'::regnamespace and not g.tgisinternal and not c.relispartition
    union all
    select 'policy', format('%s on %s', w.polname, w.polrelid::regclass), audit_private.policy_text(w)
    from pg_policy w
    join pg_class c on c.oid = w.polrelid
    where c.relnamespace = 'audit_private'::regnamespace and not c.relispartition
    union all
    select case c.relkind when 'v' then 'view' when 'S' then 'sequence' else 'table' end, c.oid::regclass::text,
      jsonb_build_array(
        c.relrowsecurity, c.relforcerowsecurity, c.relowner::regrole::text, c.reloptions,
        array(select a::text from unnest(c.relacl) as a order by a::text collate "C"),
        array(
          select format('%s %s', t.attname, t.attacl)
          from pg_attribute t
          where t.attrelid = c.oid and t.attacl is not null
          order by t.attnum
        ),
        case c.relkind when 'v' then pg_get_viewdef(c.oid) end,
        array(select r.rulename from pg_rewrite r where r.ev_class = c.oid order by r.rulename)
      )::text
    from pg_class c
    where c.relnamespace in ('audit'::regnamespace, 'audit_private'::regnamespace)
      and c.relkind in ('r', 'p', 'v', 'S')
      and not c.relispartition
    union all
    select 'schema', n.nspname::text,
      jsonb_build_array(
        n.nspowner::regrole::text,
        array(
          select a::text from unnest(n.nspacl) as a
          where not audit_private.is_data_owner_right(a, n.nspname) order by a::text collate "C")
      )::text
    from pg_namespace n
    where n.nspname in ('audit', 'audit_private', 'audit_data', 'audit_migrations')
  ) o
  union all
  select 'guard', 'of each partition', audit_private.guard_digest(p.partition_name)
  from (
    select e.partition_name from audit_private.event_partitions() e order by e.from_time desc limit 1
  ) p
$$;

ALTER FUNCTION audit_private.object_digests() OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.object_digests() IS 'digest of each function, trigger, policy, table, view, sequence and schema as it is now, and of a partition''s guard';

CREATE FUNCTION audit_private.partition_index_statements(partition text, is_concurrent boolean) RETURNS SETOF text
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  with wanted (place, suffix, definition) as (
    values
      (1, 'actor_idx', '(tenant_id, actor_id, occurred_at desc, id desc)'),
      (2, 'entity_idx', '(tenant_id, entity_type, entity_id, occurred_at desc, id desc)'),
      (3, 'action_idx', '(tenant_id, action, occurred_at desc, id desc)')
    union all
    select 4, 'search_idx',
      format('using gin (audit_private.search_text_v1(description, actor, target, metadata) %I.gin_trgm_ops)', n.nspname)
    from pg_extension x
    join pg_namespace n on n.oid = x.extnamespace
    where x.extname = 'pg_trgm' and has_schema_privilege('audit_owner', n.oid, 'usage')
  ),
  lacking as (
    select w.place, w.definition, i.indexrelid is not null as is_broken,
      left(partition_index_statements.partition, 50) || '_' || w.suffix as name
    from wanted w
    left join pg_class c
      on c.relname = left(partition_index_statements.partition, 50) || '_' || w.suffix
      and c.relnamespace = 'audit_private'::regnamespace
    left join pg_index i on i.indexrelid = c.oid
    where i.indexrelid is null or not i.indisvalid
  )
  select s.statement
  from lacking l
  cross join (select case when partition_index_statements.is_concurrent then ' concurrently' else '' end) as h (how)
  cross join lateral (
    values
      (1, case when l.is_broken then format('drop index%s audit_private.%I', h.how, l.name) end),
      (2, format('create index%s %I on audit_private.%I %s', h.how, l.name, partition_index_statements.partition, l.definition))
  ) as s (place, statement)
  where s.statement is not null
  order by l.place, s.place
$$;

ALTER FUNCTION audit_private.partition_index_statements(partition text, is_concurrent boolean) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.partition_index_statements(partition text, is_concurrent boolean) IS 'the statements that make the indexes which a closed partition still lacks';

CREATE FUNCTION audit_private.partitions_end(moment timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select coalesce(min(p.until_time), partitions_end.moment)
  from audit_private.event_partitions() p
  where p.until_time > partitions_end.moment
    and exists (
      select from audit_private.event_partitions() c
      where c.from_time <= partitions_end.moment and c.until_time > partitions_end.moment
    )
    and not exists (
      select from audit_private.event_partitions() n where n.from_time = p.until_time
    )
$$;

ALTER FUNCTION audit_private.partitions_end(moment timestamp with time zone) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.partitions_end(moment timestamp with time zone) IS 'until when there are partitions without a hole, from a moment on';

CREATE FUNCTION audit_private.partner_expression(relation regclass, tenant_column text, rows text, other_rows text, alias text) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET quote_all_identifiers TO 'off'
    AS $_$
  select case
      when tenant_column is null then format('coalesce((select case when count(*) = 1 then %s end %s), ''{}'')', m.object, m.strangers)
      else format(
        'case when (select case when count(*) = 1 then min(x.%1$s::text) end %2$s) = %3$s.%1$s::text '
        'then (select %4$s %2$s) else ''{}'' end',
        quote_ident(tenant_column), m.strangers, alias, m.object)
    end
  from (
    select
      format('jsonb_build_object(''entity_id'', min(%s::text))', audit_private.key_expression(relation, 'x')) as object,
      format('from %1$s x left join %2$s y on (%3$s) where y.%4$I is null and (select count(*) from %1$s z) = 1', rows, other_rows,
        audit_private.match_expression(relation, tenant_column, 'x', 'y'), (audit_private.key_columns(relation))[1])
        as strangers
  ) m
$_$;

ALTER FUNCTION audit_private.partner_expression(relation regclass, tenant_column text, rows text, other_rows text, alias text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.partner_expression(relation regclass, tenant_column text, rows text, other_rows text, alias text) IS 'SQL that gives the other identity of a row whose key changed';

CREATE FUNCTION audit_private.pass_gate() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  lock table audit_private.legal_hold, audit_private.retention_policy, audit_private.retention_floor in row exclusive mode;
end
$$;

ALTER FUNCTION audit_private.pass_gate() OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.pass_gate() IS 'waits for a deletion under way, before a hold, a policy or a floor is changed';

CREATE FUNCTION audit_private.pause_sealing() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lock_timeout TO '0'
    AS $$
begin
  perform from audit_private.sealing s for share;
end
$$;

ALTER FUNCTION audit_private.pause_sealing() OWNER TO audit_finder;

COMMENT ON FUNCTION audit_private.pause_sealing() IS 'until the transaction ends nothing is sealed; the first step of each removal';

CREATE FUNCTION audit_private.payload_bytes(description text, actor jsonb, target jsonb, changes jsonb, metadata jsonb, error_message text) RETURNS integer
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  select pg_catalog.octet_length(pg_catalog.concat(description, actor, target, changes, metadata, error_message))
$$;

ALTER FUNCTION audit_private.payload_bytes(description text, actor jsonb, target jsonb, changes jsonb, metadata jsonb, error_message text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.payload_bytes(description text, actor jsonb, target jsonb, changes jsonb, metadata jsonb, error_message text) IS 'bytes of an event''s payload as text';

CREATE FUNCTION audit_private.payload_content(e audit_private.event) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  select pg_catalog.concat(e.actor, E'\n', e.target, E'\n', e.changes, E'\n', e.metadata, E'\n', e.ip, E'\n')
    || audit_private.counted_text(e.description) || audit_private.counted_text(e.user_agent)
    || audit_private.counted_text(e.request_id) || audit_private.counted_text(e.error_message)
$$;

ALTER FUNCTION audit_private.payload_content(e audit_private.event) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.payload_content(e audit_private.event) IS 'an event''s payload as it is sealed';

CREATE FUNCTION audit_private.payload_digest(e audit_private.event) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  select audit_private.group_digest(
    e.payload_digest, audit_private.group_salt(e.salt, e.derived_salts, 'payload', 3), 'payload',
    audit_private.payload_content(e))
$$;

ALTER FUNCTION audit_private.payload_digest(e audit_private.event) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.payload_digest(e audit_private.event) IS 'what a leaf knows of an event''s payload';

CREATE FUNCTION audit_private.pending_windows(tenant_id uuid, erasure_id uuid) RETURNS TABLE(window_from timestamp with time zone, window_until timestamp with time zone)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select p.first_at, p.last_at + interval '1 microsecond'
  from (
    select min(p.occurred_at) as from_time, max(p.occurred_at) + interval '1 microsecond' as until_time
    from audit_private.pending_erasure p
    where p.tenant_id = pending_windows.tenant_id and p.erasure_id = pending_windows.erasure_id
  ) b
  cross join lateral audit_private.event_windows(b.from_time, b.until_time) w
  cross join lateral (
    select min(p.occurred_at) as first_at, max(p.occurred_at) as last_at
    from audit_private.pending_erasure p
    where p.tenant_id = pending_windows.tenant_id
      and p.erasure_id = pending_windows.erasure_id
      and p.occurred_at >= w.window_from
      and p.occurred_at < w.window_until
  ) p
  where b.from_time is not null and p.first_at is not null
$$;

ALTER FUNCTION audit_private.pending_windows(tenant_id uuid, erasure_id uuid) OWNER TO audit_keeper;

COMMENT ON FUNCTION audit_private.pending_windows(tenant_id uuid, erasure_id uuid) IS 'spans of partitions, newest first, that hold what an erasure has found';

CREATE FUNCTION audit_private.plain_data_children(children jsonb, parent regclass, is_nested boolean DEFAULT false) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET quote_all_identifiers TO 'off'
    AS $$
declare
  plain jsonb := '[]';
  child jsonb;
  place bigint;
  source regclass;
  rule text;
  wrong text;
begin
  if jsonb_typeof(plain_data_children.children) <> 'array' then
    perform audit_private.refuse_data_retention(
      'children is not an array',
      'It is an array of objects with relation and join, and perhaps rule, entity_type and children.',
      'children => ''[{"relation": "public.question_files", "join": {"question_id": "id"}}]''');
  end if;
  for child, place in select c.value, c.ordinality from jsonb_array_elements(plain_data_children.children) with ordinality c loop
    select string_agg(quote_ident(k.key), ', ') into wrong
    from jsonb_each(case jsonb_typeof(child) when 'object' then child else '{"child":null}' end) k
    where k.key <> all ('{relation,join,rule,entity_type,children}'::text[])
      or jsonb_typeof(k.value) <> case k.key when 'join' then 'object' when 'children' then 'array' else 'string' end
        and not (k.key = 'entity_type' and jsonb_typeof(k.value) = 'null');
    source := audit_private.relation_named(child ->> 'relation');
    rule := coalesce(child ->> 'rule', 'delete');
    if wrong is not null or rule <> all ('{delete,keeps,with_last}'::text[])
      or rule <> 'delete' and (is_nested or coalesce(child -> 'children', '[]') <> '[]')
      or child -> 'join' = '{}' or not child ? 'join'
      or not exists (select from pg_class c where c.oid = source and c.relkind in ('r', 'p'))
    then
      perform audit_private.refuse_data_retention(
        format('child %s of %s is not valid', place, parent),
        case
          when wrong is not null then 'Unknown, or of the wrong kind: ' || wrong
          when source is null then format('There is no relation %s.', coalesce(child ->> 'relation', 'null'))
          else 'It needs a table and a join; rule is delete, keeps or with_last; only what is deleted has children, of the rule delete.'
        end,
        'Write it like {"relation": "public.question_files", "join": {"question_id": "id"}, "rule": "delete"}.');
    end if;
    select string_agg(format('%I of %s', n.name, n.relation), ', ') into wrong
    from (
      select source as relation, j.key as name from jsonb_each_text(child -> 'join') j
      union all
      select parent, j.value from jsonb_each_text(child -> 'join') j
    ) n
    where not exists (
      select from pg_attribute a
      where a.attrelid = n.relation and a.attname = n.name and a.attnum > 0 and not a.attisdropped);
    if wrong is not null then
      perform audit_private.refuse_data_retention(
        format('child %s of %s names columns that aren''t there', source, parent),
        wrong,
        'A join is {"column of the child": "column of its parent"}; names are case-sensitive and unquoted.');
    end if;
    plain := plain || jsonb_strip_nulls(jsonb_build_object(
      'relation', (select format('%I.%I', c.relnamespace::regnamespace::name, c.relname) from pg_class c where c.oid = source),
      'join', child -> 'join', 'rule', rule,
      'entity_type', coalesce(child ->> 'entity_type', (
        select w.entity_type from audit_private.watched_table w
        where w.entity_type = audit_private.watched_entity_type(source) and w.unwatched_at is null)),
      'children', audit_private.plain_data_children(coalesce(child -> 'children', '[]'), source, true)));
  end loop;
  return plain;
end
$$;

ALTER FUNCTION audit_private.plain_data_children(children jsonb, parent regclass, is_nested boolean) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.plain_data_children(children jsonb, parent regclass, is_nested boolean) IS 'children checked and written out; raises WT112';

CREATE FUNCTION audit_private.plain_data_levels(levels jsonb, relation regclass) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET quote_all_identifiers TO 'off'
    AS $_$
declare
  plain jsonb := '[]';
  level jsonb;
  place bigint;
  source regclass;
  known regclass[];
  wrong text;
  joins jsonb;
begin
  if jsonb_typeof(plain_data_levels.levels) <> 'array' or jsonb_path_exists(plain_data_levels.levels, '$[*].days') is not true then
    perform audit_private.refuse_data_retention(
      'levels has no level with days',
      'It is an array of objects, the first to ask first, each with name, relation and join, and perhaps days, keep and enabled.',
      'levels => ''[{"name": "assistant", "relation": "public.assistants", "join": {"assistant_id": "id"}, "days": "data_retention_days"}]''');
  end if;
  for level, place in select l.value, l.ordinality from jsonb_array_elements(plain_data_levels.levels) with ordinality l loop
    select string_agg(quote_ident(k.key), ', ') into wrong
    from jsonb_each(case jsonb_typeof(level) when 'object' then level else '{"level":null}' end) k
    where k.key <> all ('{name,relation,join,days,keep,enabled}'::text[])
      or jsonb_typeof(k.value) <> case k.key when 'join' then 'object' else 'string' end
        and not (k.key in ('days', 'keep', 'enabled') and jsonb_typeof(k.value) = 'null');
    source := audit_private.relation_named(level ->> 'relation');
    if wrong is not null or level ->> 'name' ~ '^[^.]{1,60}$' is not true or level -> 'join' = '{}' or not level ? 'join'
      or exists (select from jsonb_array_elements(plain) p where p.value ->> 'name' = level ->> 'name')
      or not exists (select from pg_class c where c.oid = source and c.relkind in ('r', 'p'))
    then
      perform audit_private.refuse_data_retention(
        format('level %s is not valid', place),
        case
          when wrong is not null then 'Unknown, or of the wrong kind: ' || wrong
          when source is null then format('There is no relation %s.', coalesce(level ->> 'relation', 'null'))
          else 'It needs a name of its own without a dot, a table, and a join of at least one column.'
        end,
        'Write it like {"name": "space", "relation": "public.spaces", "join": {"assistant.space_id": "id"}, "days": "data_retention_days"}.');
    end if;

    select jsonb_agg(jsonb_build_array(
        case when e.place is null then 0 else e.place end,
        case when e.place is null then j.key else substr(j.key, strpos(j.key, '.') + 1) end,
        j.value)
      order by j.key)
    into joins
    from jsonb_each_text(level -> 'join') j
    left join jsonb_array_elements(plain) with ordinality as e (value, place)
      on e.value ->> 'name' = split_part(j.key, '.', 1) and strpos(j.key, '.') > 0;
    select string_agg(n.description, ', ') into wrong
    from (
      select format('%I of %s', j.value ->> 1, o.relation) as description, o.relation, j.value ->> 1 as name, null as types
      from jsonb_array_elements(joins) j
      cross join lateral (
        select case j.value ->> 0 when '0' then plain_data_levels.relation else known[(j.value ->> 0)::integer] end as relation
      ) o
      union all
      select format('%I of %s', j.value ->> 2, source), source, j.value ->> 2, null from jsonb_array_elements(joins) j
      union all
      select format('%I of %s, which must be a whole number', level ->> 'days', source), source, level ->> 'days', '{int2,int4,int8}'
      where level ->> 'days' is not null
      union all
      select format('%I of %s, which must be a boolean', level ->> k.name, source), source, level ->> k.name, '{bool}'
      from unnest('{keep,enabled}'::text[]) as k (name) where level ->> k.name is not null
    ) n
    left join pg_attribute a on a.attrelid = n.relation and a.attname = n.name and a.attnum > 0 and not a.attisdropped
    left join pg_type t on t.oid = a.atttypid
    where a.attnum is null or coalesce(nullif(t.typbasetype, 0), t.oid)::regtype <> all (n.types::regtype[]);
    if wrong is not null then
      perform audit_private.refuse_data_retention(
        format('level %s names columns that aren''t there', level ->> 'name'),
        wrong,
        'A join is {"column of the table, or earlier level.column": "column of this level"}; names are case-sensitive and unquoted.');
    end if;
    known := known || source;
    plain := plain || jsonb_strip_nulls(jsonb_build_object(
      'name', level -> 'name',
      'relation', (select format('%I.%I', c.relnamespace::regnamespace::name, c.relname) from pg_class c where c.oid = source),
      'join', joins, 'days', level -> 'days', 'keep', level -> 'keep', 'enabled', level -> 'enabled'));
  end loop;
  return plain;
end
$_$;

ALTER FUNCTION audit_private.plain_data_levels(levels jsonb, relation regclass) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.plain_data_levels(levels jsonb, relation regclass) IS 'levels checked and written out; raises WT112';

CREATE FUNCTION audit_private.plain_statement(watched audit_private.watched_table, relation regclass, operation text, is_single boolean DEFAULT false) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET quote_all_identifiers TO 'off'
    AS $_$
  select format(
    E'insert into audit_private.event (\n'
    '      tenant_id, occurred_at, id, recorded_at, sequence, transaction_id, salt, source, action, entity_type,\n'
    '      actor_type, outcome, recorded_by, actor_id, entity_id, description, actor, %1$s,\n'
    '      ip, user_agent, request_id\n'
    '    )\n'
    '    select capture.tenant, capture.moment, (capture.id_prefix || to_hex(q.place + (-9223372036854775808)))::uuid,\n'
    '      capture.moment, q.place, capture.transaction_number, q.salt, ''captured'', %2$L, %3$L, capture.acting_type,\n'
    '      ''success'', capture.recorder, capture.acting_id, q.entity_id, concat(%4$L, %5$s, %6$L), capture.acting,\n'
    '      case when pg_column_size(q.content) > capture.payload_limit / 4 then audit_private.cut_columns(q.content) else q.content end,\n'
    '      capture.ip, capture.user_agent, capture.request_id\n'
    '    from (\n'
    '      select nextval(''audit_private.event_sequence'') as place, gen_random_uuid() as salt, %7$s as entity_id, %8$s\n'
    '      from %9$s\n'
    '      offset 0\n'
    '    ) q%10$s',
    case plain_statement.operation when 'UPDATE' then 'changes' else 'target' end,
    audit_private.capture_action(watched.entity_type, plain_statement.operation), watched.entity_type,
    audit_private.entity_title(watched.entity_type) || ' ',
    case
      when watched.label_column is null then 'q.entity_id'
      else E'coalesce(nullif(btrim(left(q.label, 200), E'' \\t\\r\\n''), ''''), q.entity_id)'
    end,
    case plain_statement.operation when 'INSERT' then ' created' when 'DELETE' then ' deleted' else ' updated' end,
    audit_private.key_expression(relation, r.alias),
    concat_ws(E',\n        ',
      case when watched.label_column is not null then format('concat(%s.%I) as label', r.alias, watched.label_column) end,
      case
        when plain_statement.operation = 'UPDATE' then format(
          E'%s as is_alone,\n        %s as content',
          case
            when is_single then format('(%s) is not true', r.match)
            else format('o.%1$I is null or n.%1$I is null', (audit_private.key_columns(relation))[1])
          end,
          audit_private.changes_expression(watched, relation))
        else 'to_jsonb(snapshot.*) as content'
      end),
    case
      when is_single then format('%s o cross join %s n', r.old_rows, r.new_rows)
      when plain_statement.operation = 'UPDATE' then format('%s o full join %s n on (%s)', r.old_rows, r.new_rows, r.match)
      else format(E'%s %s\n      cross join lateral (\n        select %s\n      ) snapshot',
        case plain_statement.operation when 'DELETE' then r.old_rows else r.new_rows end, r.alias,
        audit_private.row_columns(watched, relation, r.alias))
    end,
    case
      when plain_statement.operation = 'UPDATE'
        then E'\n    where case when q.is_alone then set_config(''pgwitness.moved'', ''yes'', true) is null else q.content <> ''{}'' end'
      else ''
    end)
  from (
    select case plain_statement.operation when 'DELETE' then 'o' else 'n' end as alias,
      audit_private.match_expression(relation, watched.tenant_column, 'o', 'n') as match,
      case watched.level when 'row' then '(select old.*)' else 'old_rows' end as old_rows,
      case watched.level when 'row' then '(select new.*)' else 'new_rows' end as new_rows
  ) r
$_$;

ALTER FUNCTION audit_private.plain_statement(watched audit_private.watched_table, relation regclass, operation text, is_single boolean) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.plain_statement(watched audit_private.watched_table, relation regclass, operation text, is_single boolean) IS 'SQL of a generated function that logs the rows that a statement has inserted, updated or deleted';

CREATE FUNCTION audit_private.plan_verification(run_id uuid) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "TimeZone" TO 'UTC'
    AS $$
  with since as (
    select coalesce((
      select (r.place ->> 'log_size')::bigint from audit_private.job_run r
      where r.job_name = 'reverify_events' and r.result = 'succeeded'
      order by r.started_at desc
      limit 1
    ), 0) as log_size
  ),
  new as (
    select distinct date_trunc('week', m.moment) as from_time
    from audit_private.seal s
    cross join lateral (
      select s.first_at as moment
      union all
      select generate_series(date_trunc('week', s.first_at), s.last_at, interval '1 week')
      where s.last_at >= date_trunc('week', s.first_at) + interval '1 week'
    ) m
    where s.log_index >= (select i.log_size from since i) and s.event_count > 0
  ),
  old as (
    select v.from_time
    from audit_private.verification v
    where isfinite(v.from_time) and not exists (select from new n where n.from_time = v.from_time)
    order by v.verified_at
    limit (select count(*) / 30 + 1 from audit_private.verification)
  )
  select audit_private.note_place(plan_verification.run_id, jsonb_build_object(
    'log_size', (select s.log_size from audit_private.sealing s),
    'weeks', coalesce((
      select jsonb_agg(w.from_time order by w.from_time desc)
      from (select n.from_time from new n union all select o.from_time from old o) w
    ), '[]')))
$$;

ALTER FUNCTION audit_private.plan_verification(run_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.plan_verification(run_id uuid) IS 'chooses the weeks of events that a run verifies; the first step of reverify_events';

CREATE FUNCTION audit_private.policies_in_force(at timestamp with time zone) RETURNS TABLE(tenant_id uuid, days integer, is_exact boolean)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  select t.tenant_id,
    case when p.tenant_id is null then 365 else p.days end,
    coalesce(p.is_exact, false)
  from audit_private.tenant t
  left join lateral (
    select r.tenant_id, r.days, r.is_exact
    from audit_private.retention_policy r
    where r.tenant_id = t.tenant_id and r.takes_effect_at <= policies_in_force.at
    order by r.takes_effect_at desc
    limit 1
  ) p on true
$$;

ALTER FUNCTION audit_private.policies_in_force(at timestamp with time zone) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.policies_in_force(at timestamp with time zone) IS 'each tenant''s retention at a moment: 365 days, removed with their partition, where none was set; days null keeps for ever';

CREATE FUNCTION audit_private.policy_text(policy pg_policy) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select jsonb_build_array(
    policy.polname, policy.polcmd, policy.polpermissive,
    array(select r::regrole::text from unnest(policy.polroles) as r order by 1),
    pg_get_expr(policy.polqual, policy.polrelid), pg_get_expr(policy.polwithcheck, policy.polrelid)
  )::text
$$;

ALTER FUNCTION audit_private.policy_text(policy pg_policy) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.policy_text(policy pg_policy) IS 'what a policy says, to whom and for what';

CREATE FUNCTION audit_private.predict_purge(run_id uuid) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    AS $$
declare
  run constant audit_private.job_run := (
    select r from audit_private.job_run r where r.run_id = predict_purge.run_id);
  refusal constant text := case
    when exists (
        select from audit_private.job_run r where r.started_at < run.started_at - interval '31 days'
      )
      and not exists (
        select from audit_private.job_run r
        where r.started_at between run.started_at - interval '31 days'
          and run.started_at - case r.job_name when 'purge_events' then interval '20 hours' else interval '3 days' end
      )
      and not exists (
        select from audit_private.event e
        where e.occurred_at between run.started_at - interval '31 days' and run.started_at - interval '3 days'
          and e.recorded_at between run.started_at - interval '31 days' and run.started_at - interval '3 days'
      )
    then format('nothing was removed: the clock says %s, and nothing has happened for 31 days before', run.started_at)
    when exists (
        select from audit_private.sealing s where (s.sealed_at > run.started_at - interval '1 hour') is not true
      )
    then 'nothing was removed: only what is sealed can be, and seal_events has not succeeded for an hour'
  end;
begin
  perform audit_private.require_read_committed();
  with counted as materialized (
    select p.partition_name, p.from_time, p.until_time, c.*
    from audit_private.expired_partitions(run.started_at) p
    cross join lateral audit_private.count_due(p.partition_name, p.until_time, run.started_at) c
    where refusal is null
  ),
  work as (
    select c.partition_name, c.from_time, jsonb_build_object(
      'name', c.partition_name,
      'since', c.from_time,
      'until', c.until_time,
      'gate', md5(audit_private.deletion_gate(c.partition_name, c.until_time, run.started_at)),
      'counts', jsonb_agg(to_jsonb(c) - '{partition_name,from_time,until_time}'::text[] order by c.tenant_id)) as task
    from counted c
    group by c.partition_name, c.from_time, c.until_time
    having sum(c.due) > 0
  ),
  noted as (
    select audit_private.note_place(predict_purge.run_id, jsonb_build_object(
      'horizon', i.transaction_offset + pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
      'partitions', coalesce((select jsonb_agg(w.task order by w.from_time) from work w), '[]')))
    from audit_private.instance i
  ),
  summed as (
    select c.tenant_id, sum(c.due) as due,
      sum(c.kept_by_floor) filter (where w.partition_name is null) as kept_by_floor,
      sum(c.kept_by_hold) filter (where w.partition_name is null) as kept_by_hold
    from counted c
    left join work w on w.partition_name = c.partition_name
    group by c.tenant_id
  )
  insert into audit_private.purge_receipt (
    tenant_id, run_id, days, is_exact, cutoff, predicted, kept_by_floor, kept_by_hold, error
  )
  select p.tenant_id, run.run_id, p.days, p.is_exact, run.started_at - p.days * interval '24 hours', coalesce(s.due, 0),
    coalesce(s.kept_by_floor, 0), coalesce(s.kept_by_hold, 0), refusal
  from audit_private.policies_in_force(run.started_at) p
  cross join noted
  join audit_private.tenant t on t.tenant_id = p.tenant_id
  left join summed s on s.tenant_id = p.tenant_id
  where t.retired_at is null
    or s.tenant_id is not null
    or not exists (select from audit_private.purge_receipt l where l.tenant_id = p.tenant_id and l.is_last);
  return refusal;
end
$$;

ALTER FUNCTION audit_private.predict_purge(run_id uuid) OWNER TO audit_keeper;

COMMENT ON FUNCTION audit_private.predict_purge(run_id uuid) IS 'gives each tenant its receipt with what a purge sets out to remove; returns why it removes nothing, if it refuses';

CREATE FUNCTION audit_private.prefers_text_index(filter jsonb, from_time timestamp with time zone, until_time timestamp with time zone, wanted bigint) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  pattern text;
  share numeric;
  estimated_rows numeric;
begin
  if not prefers_text_index.filter ? 'search' then
    return false;
  end if;
  pattern := audit_private.search_pattern('search', prefers_text_index.filter -> 'search');
  select sum(greatest(c.reltuples, 0)), sum(f.found_texts) / nullif(sum(f.texts), 0)
  into estimated_rows, share
  from audit_private.event_partitions() e
  join pg_class c
    on c.relnamespace = 'audit_private'::regnamespace and c.relname = e.partition_name
  join pg_stats s
    on s.schemaname = 'audit_private' and s.tablename = left(e.partition_name, 50) || '_search_idx'
  cross join lateral (
    select count(*) as texts, count(*) filter (where v.value ilike pattern) as found_texts
    from unnest(s.histogram_bounds::text::text[]) as v (value)
  ) f
  where e.from_time < prefers_text_index.until_time and e.until_time > prefers_text_index.from_time;
  return coalesce(share ^ 2 * estimated_rows < prefers_text_index.wanted, false);
end
$$;

ALTER FUNCTION audit_private.prefers_text_index(filter jsonb, from_time timestamp with time zone, until_time timestamp with time zone, wanted bigint) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.prefers_text_index(filter jsonb, from_time timestamp with time zone, until_time timestamp with time zone, wanted bigint) IS 'whether the search index finds the wanted number of events sooner than walking the newest rows';

CREATE FUNCTION audit_private.prepare_data_retention(relation regclass, time_column text, levels jsonb, children jsonb, tenant_column text, entity_type text, actor_column text, decision text) RETURNS TABLE(is_changed boolean, owner_name name, statements text[])
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    SET quote_all_identifiers TO 'off'
    AS $$
declare
  known audit_private.data_retention;
  entry audit_private.data_retention;
  class pg_class;
  made text[];
begin
  perform audit_private.lock_catalogue();
  select c.* into class from pg_class c where c.oid = prepare_data_retention.relation;
  entry.relation := format('%I.%I', class.relnamespace::regnamespace::name, class.relname);
  select d.* into known from audit_private.data_retention d where d.relation = entry.relation;
  entry.object_name := class.relnamespace::regnamespace::name || '_' || class.relname;
  if octet_length(entry.object_name) > 45 or exists (
    select from audit_private.data_retention d where d.object_name = entry.object_name and d.relation <> entry.relation
  ) then
    entry.object_name := left(regexp_replace(entry.object_name, '[^a-zA-Z0-9_]', '_', 'g'), 36) || '_'
      || left(encode(sha256(convert_to(entry.relation, 'UTF8')), 'hex'), 8);
  end if;
  entry.object_name := coalesce(known.object_name, entry.object_name);
  select r.rolname into entry.owner_name from pg_roles r where r.oid = class.relowner;
  entry.time_column := prepare_data_retention.time_column;
  entry.tenant_column := prepare_data_retention.tenant_column;
  entry.actor_column := prepare_data_retention.actor_column;
  entry.entity_type := coalesce(prepare_data_retention.entity_type, (
    select w.entity_type from audit_private.watched_table w
    where w.entity_type = audit_private.watched_entity_type(prepare_data_retention.relation) and w.unwatched_at is null));
  entry.decision := btrim(prepare_data_retention.decision, E' \t\r\n');
  perform audit_private.check_data_retention_definition(entry, class);
  entry.levels := audit_private.plain_data_levels(prepare_data_retention.levels, prepare_data_retention.relation);
  entry.children := audit_private.plain_data_children(
    coalesce(prepare_data_retention.children, '[]'), prepare_data_retention.relation);
  perform audit_private.refuse_data_retention(
    format('not every row of %s can be resolved and removed by its owner, %s', entry.relation, entry.owner_name),
    string_agg(o.problem, '; ' order by o.problem), string_agg(o.hint, ' ' order by o.problem))
  from audit_private.data_obstacles(entry) o
  having count(*) > 0;

  made := audit_private.data_retention_statements(entry, prepare_data_retention.relation);
  entry.source_digest := encode(sha256(convert_to(made::text, 'UTF8')), 'hex');
  entry.defined_by := audit_private.recorded_by();
  entry.defined_at := clock_timestamp();
  owner_name := entry.owner_name;
  is_changed := (known.time_column, known.tenant_column, known.actor_column, known.entity_type, known.levels, known.children,
      known.owner_name) is distinct from
    (entry.time_column, entry.tenant_column, entry.actor_column, entry.entity_type, entry.levels, entry.children,
      entry.owner_name);
  if is_changed or known.source_digest <> entry.source_digest
    or audit_private.data_objects_digest(known.object_name, known.owner_name) is distinct from known.objects_digest
  then
    perform audit_private.drop_data_objects(entry.object_name);
    statements := made;
    execute format('grant usage on schema audit_private to %I', owner_name);
    execute format('grant usage, create on schema audit_data to %I', owner_name);
    execute format(
      'grant execute on function audit_private.data_purge_terms(uuid, text), '
      'audit_private.data_retention_groups(text, text[]), audit_private.data_retention_waits(text, text[]), '
      'audit_private.note_data_review(uuid, text, jsonb, text[], integer[]), audit_private.note_data_batch('
      'uuid, text, jsonb, integer, jsonb, text[], uuid[], text[], uuid[], text[], text[]) to %I', owner_name);
  end if;
  if not is_changed then
    entry.armed_at := known.armed_at;
    entry.armed_by := known.armed_by;
    entry.approved_rows := known.approved_rows;
    entry.last_complete_at := known.last_complete_at;
    is_changed := known.decision <> entry.decision or statements is not null;
  elsif known.relation is not null then
    delete from audit_private.data_retention_group g where g.relation = entry.relation;
    delete from audit_private.data_retention_wait w where w.relation = entry.relation;
    delete from audit_private.data_retention_preview p where p.relation = entry.relation;
  end if;
  if is_changed then
    if audit_private.lacking_data_indexes(entry) is not null then
      raise warning 'each batch will read whole tables' using hint = audit_private.lacking_data_indexes(entry);
    end if;
    if statements is null then
      entry.objects_digest := known.objects_digest;
    end if;
    insert into audit_private.data_retention as d select (entry).*
    on conflict on constraint data_retention_pkey do update
    set (owner_name, time_column, tenant_column, actor_column, entity_type, levels, children, decision, source_digest,
        objects_digest, defined_at, defined_by, armed_at, armed_by, approved_rows, last_complete_at)
      = row (excluded.owner_name, excluded.time_column, excluded.tenant_column, excluded.actor_column, excluded.entity_type,
        excluded.levels, excluded.children, excluded.decision, excluded.source_digest, excluded.objects_digest,
        excluded.defined_at, excluded.defined_by, excluded.armed_at, excluded.armed_by, excluded.approved_rows,
        excluded.last_complete_at);
    perform audit_private.write_system_event(
      tenant_id => '00000000-0000-0000-0000-000000000000'::uuid,
      action => 'data_retention_defined'::text,
      entity_type => 'audit_data_retention'::text,
      entity_id => entry.relation,
      description => format('Data retention of %s defined%s', entry.relation,
        case when known.armed_at is not null and entry.armed_at is null then ', which disarms it' else '' end),
      metadata => jsonb_build_object('decision', entry.decision),
      changes => (
        select jsonb_object_agg(n.key, jsonb_build_object('old', o.value, 'new', n.value))
        from jsonb_each(to_jsonb(entry)) n
        left join jsonb_each(to_jsonb(known)) o using (key)
        where n.value is distinct from coalesce(o.value, 'null')
          and n.key in ('time_column', 'tenant_column', 'actor_column', 'entity_type', 'levels', 'children', 'decision',
            'owner_name')
      ));
  end if;
  return next;
end
$$;

ALTER FUNCTION audit_private.prepare_data_retention(relation regclass, time_column text, levels jsonb, children jsonb, tenant_column text, entity_type text, actor_column text, decision text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.prepare_data_retention(relation regclass, time_column text, levels jsonb, children jsonb, tenant_column text, entity_type text, actor_column text, decision text) IS 'checks and notes how a table is under data retention; gives what its owner has to make, null when that is there';

CREATE FUNCTION audit_private.prepare_unwatch(relation regclass, reason text, entity_type text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  checked_reason constant text := audit_private.check_reason(prepare_unwatch.reason);
  known audit_private.watched_table;
begin
  perform audit_private.lock_catalogue();
  select w.* into known
  from audit_private.watched_table w
  where w.entity_type = coalesce(prepare_unwatch.entity_type, audit_private.watched_entity_type(prepare_unwatch.relation))
    and w.unwatched_at is null;
  if not found then
    return null;
  end if;
  if prepare_unwatch.relation is null and exists (
    select from pg_trigger t where t.tgfoid = to_regproc(format('audit_private.%I', 'on_' || known.entity_type))
  ) or prepare_unwatch.relation is not null and (
    audit_private.watched_entity_type(prepare_unwatch.relation) is distinct from known.entity_type
    or not exists (
      select from pg_class c
      where c.oid = prepare_unwatch.relation and pg_has_role(audit_private.effective_role(), c.relowner, 'usage')
    )
  ) then
    perform audit_private.refuse_watch(
      format('role %I may not unwatch %s', audit_private.effective_role(), known.entity_type),
      'A table that is there is unwatched by its owner, and by its own name.',
      'select audit.unwatch(relation => …, reason => ''…'');');
  end if;
  update audit_private.watched_table w
  set unwatched_at = clock_timestamp(),
    schema_name = coalesce(c.relnamespace::regnamespace::text, w.schema_name),
    table_name = coalesce(c.relname, w.table_name)
  from (select) as one
  left join pg_class c on c.oid = prepare_unwatch.relation
  where w.entity_type = known.entity_type
  returning w.schema_name, w.table_name into known.schema_name, known.table_name;
  perform audit_private.write_system_event(
    tenant_id => '00000000-0000-0000-0000-000000000000',
    action => 'table_unwatched',
    entity_type => 'audit_watch',
    entity_id => known.entity_type,
    description => format('Table %s.%s no longer watched as %s', known.schema_name, known.table_name, known.entity_type),
    metadata => jsonb_build_object('reason', checked_reason));
  return known.entity_type;
end
$$;

ALTER FUNCTION audit_private.prepare_unwatch(relation regclass, reason text, entity_type text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.prepare_unwatch(relation regclass, reason text, entity_type text) IS 'notes that a table isn''t watched any more and returns its entity type; null when it wasn''t';

CREATE FUNCTION audit_private.prepare_watch(relation regclass, entity_type text, tenant_column text, label_column text, columns text[], redact_columns text[], ignore_columns text[], category text, level text, on_error text, keep_deleted_values boolean, reason text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  known audit_private.watched_table;
  watched audit_private.watched_table;
  checked_reason text;
  body text;
  settings text;
  is_less boolean;
begin
  perform audit_private.lock_catalogue();
  select w.* into known from audit_private.watched_table w where w.entity_type = prepare_watch.entity_type;
  watched.entity_type := prepare_watch.entity_type;
  watched.tenant_column := prepare_watch.tenant_column;
  watched.label_column := prepare_watch.label_column;
  watched.allowed_columns := prepare_watch.columns;
  watched.redact_columns := coalesce(prepare_watch.redact_columns, '{}');
  watched.ignore_columns := coalesce(prepare_watch.ignore_columns, '{}');
  watched.level := prepare_watch.level;
  watched.on_error := prepare_watch.on_error;
  watched.keep_deleted_values := coalesce(
    prepare_watch.keep_deleted_values, not audit_private.is_under_data_retention(prepare_watch.relation));
  watched.watched_by := audit_private.recorded_by();
  select c.relnamespace::regnamespace::text, c.relname into watched.schema_name, watched.table_name
  from pg_class c where c.oid = prepare_watch.relation;
  select coalesce(array_agg(a.attname::text order by a.attnum), '{}'), coalesce(array_agg(a.attnum order by a.attnum), '{}'),
    min(a.attnum) filter (where a.attname = watched.tenant_column)
  into watched.known_columns, watched.known_numbers, watched.tenant_column_number
  from pg_attribute a
  where a.attrelid = prepare_watch.relation and a.attnum > 0 and not a.attisdropped;
  perform audit_private.check_watch(watched, prepare_watch.relation);

  is_less := known.unwatched_at is null and (
    not watched.redact_columns <@ known.redact_columns
    or not watched.ignore_columns <@ known.ignore_columns
    or watched.allowed_columns is not null
      and not coalesce(known.allowed_columns, known.known_columns) <@ watched.allowed_columns
    or watched.on_error = 'spool' and known.on_error = 'refuse'
    or known.keep_deleted_values and not watched.keep_deleted_values);
  if is_less or prepare_watch.reason is not null then
    checked_reason := audit_private.check_reason(prepare_watch.reason);
  end if;
  perform audit_private.define_captured(watched.entity_type, prepare_watch.category);

  body := audit_private.capture_function(watched, prepare_watch.relation);
  settings := audit_private.printing_settings(prepare_watch.relation, watched.label_column);
  perform audit_private.create_capture_function(watched.entity_type, settings, body);
  watched.function_digest := audit_private.capture_digest(watched.entity_type);
  watched.watched_at := clock_timestamp();
  if (to_jsonb(known) - '{watched_at,watched_by}'::text[]) = (to_jsonb(watched) - '{watched_at,watched_by}'::text[]) then
    return false;
  end if;
  delete from audit_private.watched_table w where w.entity_type = watched.entity_type;
  insert into audit_private.watched_table select (watched).*;
  perform audit_private.write_system_event(
    tenant_id => '00000000-0000-0000-0000-000000000000',
    action => 'table_watched',
    entity_type => 'audit_watch',
    entity_id => watched.entity_type,
    description => format('Table %s.%s watched as %s', watched.schema_name, watched.table_name, watched.entity_type),
    metadata => jsonb_strip_nulls(jsonb_build_object('reason', checked_reason)),
    changes => (
      select jsonb_object_agg(n.key, jsonb_build_object('old', o.value, 'new', n.value))
      from jsonb_each(to_jsonb(watched)) n
      left join jsonb_each(to_jsonb(known)) o using (key)
      where n.value is distinct from coalesce(o.value, 'null') and n.key not in ('watched_at', 'watched_by', 'entity_type')
    ));
  return true;
end
$$;

ALTER FUNCTION audit_private.prepare_watch(relation regclass, entity_type text, tenant_column text, label_column text, columns text[], redact_columns text[], ignore_columns text[], category text, level text, on_error text, keep_deleted_values boolean, reason text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.prepare_watch(relation regclass, entity_type text, tenant_column text, label_column text, columns text[], redact_columns text[], ignore_columns text[], category text, level text, on_error text, keep_deleted_values boolean, reason text) IS 'checks and notes how a table is watched, and makes its trigger function; true when that changed anything';

CREATE FUNCTION audit_private.printing_settings(relation regclass, label_column text) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select coalesce(string_agg(s.clause, ' ' order by s.clause), '')
  from (
    values
      ('set timezone = ''UTC'''), ('set datestyle = ''ISO, YMD'''), ('set intervalstyle = ''postgres'''),
      ('set bytea_output = ''hex'''), ('set extra_float_digits = 1'), ('set lc_monetary = ''C'''),
      ('set quote_all_identifiers = off'), ('set xmlbinary = ''base64''')
  ) as s (clause)
  where exists (
    select
    from pg_attribute a
    join pg_type t on t.oid = a.atttypid
    where a.attrelid = printing_settings.relation and a.attnum > 0 and not a.attisdropped
      and case
        when t.oid = any ('{bool,name,int2,int4,int8,numeric,oid,text,varchar,bpchar,uuid,time,json,jsonb,inet,cidr}'::regtype[]::oid[])
          or t.typtype = 'e' then false
        when t.oid = any ('{date,timestamp}'::regtype[]::oid[]) or t.oid = 'timestamptz'::regtype and s.clause ~ 'datestyle'
          then a.attname = printing_settings.label_column and s.clause ~ 'datestyle'
        when t.oid = any ('{timestamptz,timetz}'::regtype[]::oid[]) then s.clause ~ 'timezone'
        else true
      end
  )
$$;

ALTER FUNCTION audit_private.printing_settings(relation regclass, label_column text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.printing_settings(relation regclass, label_column text) IS 'SET clauses that a generated function needs for a table''s types';

CREATE FUNCTION audit_private.proof_groups(e audit_private.event) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select jsonb_object_agg(g.name, case
    when g.digest is not null then jsonb_build_object('digest', encode(g.digest, 'hex'))
    else jsonb_build_object(
      'salt', encode(audit_private.group_salt(e.salt, e.derived_salts, g.name::bytea, g.place), 'hex'),
      'content', g.content)
    end)
  from (
    values
      ('actor_id', 1, e.actor_id_digest, audit_private.counted_text(e.actor_id)),
      ('entity_id', 2, e.entity_id_digest, audit_private.counted_text(e.entity_id)),
      ('payload', 3, e.payload_digest, audit_private.payload_content(e))
  ) as g (name, place, digest, content)
$$;

ALTER FUNCTION audit_private.proof_groups(e audit_private.event) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.proof_groups(e audit_private.event) IS 'groups of a proof: salt and content, or the digest of what was erased';

CREATE FUNCTION audit_private.purge_step(run_id uuid) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lock_timeout TO '100ms'
    SET jit TO 'off'
    AS $_$
declare
  run constant audit_private.job_run := (
    select r from audit_private.job_run r where r.run_id = purge_step.run_id and r.result = 'running');
  place jsonb := run.place;
  task constant jsonb := place -> 'partitions' -> 0;
  tenant constant uuid := place -> 'tenants' ->> 0;
  name constant text := task ->> 'name';
  since constant timestamptz := task ->> 'since';
  until constant timestamptz := task ->> 'until';
  is_cold constant boolean := until < clock_timestamp() - interval '24 hours';
  counts jsonb := task -> 'counts';
  due bigint;
  slice record;
begin
  if task is null then
    return 'done';
  end if;
  perform audit_private.pause_sealing();
  perform audit_private.close_gate();

  if tenant is null then
    if is_cold then
      execute format('lock table audit_private.%I in share row exclusive mode', name);
    end if;
    if md5(audit_private.deletion_gate(name, until, run.started_at)) <> task ->> 'gate'
      or audit_private.has_newer_events(name, (place -> 'horizon')::bigint)
    then
      counts := (
        select coalesce(jsonb_agg(to_jsonb(c) order by c.tenant_id), '[]')
        from audit_private.count_due(name, until, run.started_at) c
      );
    end if;
    due := (select coalesce(sum(c.due), 0) from jsonb_to_recordset(counts) as c (due bigint));
    if due = 0 or is_cold and audit_private.empty_partition(
      name, since, until, run.started_at, due, run.run_id) then
      place := place || '{"tenants": []}';
    else
      place := jsonb_set(place, '{tenants}', jsonb_path_query_array(counts, '$[*] ? (@.due > 0).tenant_id'));
    end if;
    update audit_private.purge_receipt r
    set kept_by_floor = r.kept_by_floor + c.kept_by_floor,
      kept_by_hold = r.kept_by_hold + c.kept_by_hold,
      removed = r.removed + case when place -> 'tenants' = '[]' then c.due else 0 end,
      oldest_removed_at = case when place -> 'tenants' = '[]' and c.due > 0 then least(r.oldest_removed_at, c.oldest_at)
        else r.oldest_removed_at end,
      newest_removed_at = case when place -> 'tenants' = '[]' and c.due > 0
        then greatest(r.newest_removed_at, c.newest_at) else r.newest_removed_at end
    from jsonb_to_recordset(counts) as c (
      tenant_id uuid, due bigint, kept_by_floor bigint, kept_by_hold bigint, oldest_at timestamptz, newest_at timestamptz
    )
    where r.run_id = purge_step.run_id and r.tenant_id = c.tenant_id;
  else
    begin
      slice := audit_private.delete_due(
        name, until, run.started_at, tenant,
        coalesce((place ->> 'from')::timestamptz, '-infinity'), since, run.run_id);
      update audit_private.purge_receipt r
      set removed = r.removed + slice.removed,
        oldest_removed_at = least(r.oldest_removed_at, slice.oldest_at),
        newest_removed_at = greatest(r.newest_removed_at, slice.newest_at)
      where r.run_id = purge_step.run_id and r.tenant_id = tenant;
      place := place || jsonb_build_object('from', slice.until_time);
    exception when others then
      perform audit_private.note_purge_error(
        purge_step.run_id, tenant, format('%s: %s', name, sqlerrm));
      place := place || '{"from": null}';
    end;
    if place ->> 'from' is null then
      place := jsonb_set(place, '{tenants}', (place -> 'tenants') - 0);
    end if;
  end if;

  if place -> 'tenants' = '[]' then
    place := jsonb_set(place - 'tenants', '{partitions}', (place -> 'partitions') - 0);
  end if;
  perform audit_private.note_place(purge_step.run_id, place);
  return 'more';
exception when lock_not_available then
  return 'busy';
end
$_$;

ALTER FUNCTION audit_private.purge_step(run_id uuid) OWNER TO audit_keeper;

COMMENT ON FUNCTION audit_private.purge_step(run_id uuid) IS 'takes a purge one step further: more to do, busy when the partition is in use, or done';

CREATE FUNCTION audit_private.quoted_role(role name) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
  select case
    when role ~ '^[a-z_][a-z0-9_$]*$' then role::text
    else '"' || replace(role, '"', '""') || '"'
  end
$_$;

ALTER FUNCTION audit_private.quoted_role(role name) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.quoted_role(role name) IS 'a role''s name such that no two names, nor pairs of names, look alike';

CREATE FUNCTION audit_private.rare_statement(entity_type text, relation regclass, operation text, kind text, is_current boolean) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET quote_all_identifiers TO 'off'
    AS $_$
declare
  watched audit_private.watched_table;
  names jsonb;
begin
  select w.* into watched from audit_private.watched_table w where w.entity_type = rare_statement.entity_type;
  if not rare_statement.is_current then
    watched := audit_private.refresh_watched(watched, rare_statement.relation);
  end if;
  names := jsonb_build_object(
    'moment', '$1', 'transaction_number', '$2', 'acting_id', '$3', 'acting_type', '$4', 'acting', '$5',
    'recorder', '$6', 'tenant', '$7', 'failure', '$8', 'context', '$9, $10, $11',
    'remark', case when not rare_statement.is_current then '{"capture": "the columns have changed since watch"}' end,
    'old_rows', case watched.level
      when 'row' then '(select ($12).*)' else 'old_rows' end,
    'new_rows', case watched.level
      when 'row' then '(select ($13).*)' else 'new_rows' end);
  return case rare_statement.kind
    when 'spooled' then audit_private.spool_statement(watched, rare_statement.relation, rare_statement.operation, names)
    else audit_private.capture_statement(
      watched, rare_statement.relation, rare_statement.operation, rare_statement.kind, names)
  end;
end
$_$;

ALTER FUNCTION audit_private.rare_statement(entity_type text, relation regclass, operation text, kind text, is_current boolean) OWNER TO audit_writer;

COMMENT ON FUNCTION audit_private.rare_statement(entity_type text, relation regclass, operation text, kind text, is_current boolean) IS 'SQL that captures what the generated function''s own text doesn''t';

CREATE FUNCTION audit_private.rare_values(watched audit_private.watched_table) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select 'capture.moment, capture.transaction_number, capture.acting_id, capture.acting_type, capture.acting,
      capture.recorder, capture.tenant, capture.failure, capture.ip, capture.user_agent, capture.request_id'
    || case watched.level when 'row' then ', old, new' else '' end
$$;

ALTER FUNCTION audit_private.rare_values(watched audit_private.watched_table) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.rare_values(watched audit_private.watched_table) IS 'the values that a generated function hands to a statement of rare_statement';

CREATE FUNCTION audit_private.read_cursor(cursor text, scope text, OUT occurred_at timestamp with time zone, OUT id uuid, OUT seen text) RETURNS record
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  content jsonb;
begin
  begin
    content := convert_from(
      decode(
        translate(read_cursor.cursor, '-_', '+/') || repeat('=', -length(read_cursor.cursor) & 3),
        'base64'),
      'UTF8')::jsonb;
    seen := content ->> 'seen';
    occurred_at := timestamptz '1970-01-01 00:00:00+00'
      + (content -> 'place' ->> 0)::bigint * interval '1 microsecond';
    id := (content -> 'place' ->> 1)::uuid;
    if (seen::jsonb ->> 'own')::bigint is null
      or (seen::jsonb ->> 'at')::bigint is null
      or (seen::jsonb ->> 'end')::bigint is null
      or translate(seen::jsonb ->> 'running', '[] ', '{}')::bigint[] is null
    then
      seen := null;
    end if;
  exception
    when data_exception then
      null;
  end;
  if occurred_at is null or id is null or seen is null
    or read_cursor.cursor is distinct from audit_private.write_cursor(read_cursor.scope, seen, occurred_at, id) then
    raise exception using
      errcode = 'WT041',
      message = 'the cursor doesn''t belong to this search',
      detail = 'It was damaged, or given for another filter, tenant or version of pgwitness.',
      hint = 'Pass as "after" the cursor column of a page''s last row, with the same filter; null for the first page.';
  end if;
end
$$;

ALTER FUNCTION audit_private.read_cursor(cursor text, scope text, OUT occurred_at timestamp with time zone, OUT id uuid, OUT seen text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.read_cursor(cursor text, scope text, OUT occurred_at timestamp with time zone, OUT id uuid, OUT seen text) IS 'place and first page''s view in a cursor; raises WT041 unless it was made for the same scope';

CREATE FUNCTION audit_private.read_identifiers(identifiers text[], OUT names text[], OUT patterns text[], OUT key_patterns text[], OUT is_plain boolean) RETURNS record
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if cardinality(read_identifiers.identifiers) between 1 and 100 is not true
    or exists (
      select from unnest(read_identifiers.identifiers) as i (identifier)
      where length(btrim(i.identifier)) between 3 and 200 is not true
    )
  then
    raise exception using
      errcode = 'WT040',
      message = 'a person is found by 1 to 100 identifiers of 3 to 200 characters each',
      detail = format('identifiers is %s.', coalesce(left(read_identifiers.identifiers::text, 200), 'null')),
      hint = 'For example: identifiers => array[''4711'', ''anna@example.org'']. Shorter ones would find everybody.';
  end if;
  select array_agg(lower(btrim(i.identifier))),
    array_agg(audit_private.search_pattern('identifiers', to_jsonb(btrim(i.identifier)))),
    array_agg(audit_private.search_pattern('identifiers', to_jsonb(to_json(btrim(i.identifier))::text))),
    bool_and(i.identifier !~ E'["\\\\[:cntrl:]]')
  into names, patterns, key_patterns, is_plain
  from unnest(read_identifiers.identifiers) as i (identifier);
end
$$;

ALTER FUNCTION audit_private.read_identifiers(identifiers text[], OUT names text[], OUT patterns text[], OUT key_patterns text[], OUT is_plain boolean) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.read_identifiers(identifiers text[], OUT names text[], OUT patterns text[], OUT key_patterns text[], OUT is_plain boolean) IS 'identifiers of a person as lower-case names, as patterns for ilike, as patterns that find one among the texts of a composite key, and whether JSON writes all of them as they are; raises WT040';

CREATE FUNCTION audit_private.read_ledger(entries jsonb) RETURNS TABLE(kind text, tenant_id uuid, erasure_id uuid, event_id uuid, groups text[], hold_id uuid, released_at timestamp with time zone, digest text, takes_effect_at timestamp with time zone, set_at timestamp with time zone, days integer, is_exact boolean)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
begin
  if jsonb_typeof(read_ledger.entries) is distinct from 'array'
    or jsonb_path_exists(read_ledger.entries, 'strict $[*] ? (@.type() != "object")')
    or exists (
      select
      from jsonb_array_elements(read_ledger.entries) as e (entry)
      where not e.entry ?& case e.entry ->> 'kind'
        when 'erasure' then '{tenant_id,event_id,groups}'::text[]
        when 'hold' then '{tenant_id,hold_id,released_at}'::text[]
        when 'retention' then '{tenant_id,takes_effect_at,set_at,days,is_exact}'::text[]
        else '{kind}'::text[]
      end
    )
  then
    perform audit_private.refuse_ledger('It is not an array of the objects that audit.list_ledger gives.');
  end if;
  return query
  select r.kind, r.tenant_id, r.erasure_id, r.event_id, r.groups, r.hold_id, r.released_at, r.digest, r.takes_effect_at,
    r.set_at, r.days, r.is_exact
  from jsonb_to_recordset(read_ledger.entries) as r (
    kind text, tenant_id uuid, erasure_id uuid, event_id uuid, groups text[], hold_id uuid, released_at timestamptz,
    digest text, takes_effect_at timestamptz, set_at timestamptz, days integer, is_exact boolean)
  where r.kind in ('erasure', 'hold', 'retention');
exception
  when data_exception then
    perform audit_private.refuse_ledger(sqlerrm);
end
$_$;

ALTER FUNCTION audit_private.read_ledger(entries jsonb) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.read_ledger(entries jsonb) IS 'lines of a ledger as rows; raises WT141';

CREATE FUNCTION audit_private.readable_since() RETURNS timestamp with time zone
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL RESTRICTED
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select audit_private.retention_cutoff(audit_private.visible_tenant())
$$;

ALTER FUNCTION audit_private.readable_since() OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.readable_since() IS 'the visible tenant''s events from this time on haven''t expired';

CREATE FUNCTION audit_private.readable_tenant() RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL RESTRICTED
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select s.tenant_id from audit_private.find_access(audit_private.visible_tenant()) s
$$;

ALTER FUNCTION audit_private.readable_tenant() OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.readable_tenant() IS 'the visible tenant, when the caller has an open access session there; else null';

CREATE FUNCTION audit_private.record_definition(kind text, code text, definition jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform audit_private.write_system_event(
    tenant_id => '00000000-0000-0000-0000-000000000000',
    action => 'catalogue_changed',
    entity_type => 'audit_catalogue',
    entity_id => record_definition.code,
    description => format('%s %s defined', record_definition.kind, record_definition.code),
    metadata => jsonb_build_object('kind', record_definition.kind) || record_definition.definition);
end
$$;

ALTER FUNCTION audit_private.record_definition(kind text, code text, definition jsonb) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.record_definition(kind text, code text, definition jsonb) IS 'writes the event catalogue_changed';

CREATE FUNCTION audit_private.record_installation(version text, code_digest text, migrations text[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  known audit_private.installation;
begin
  select i.* into known
  from audit_private.installation i
  order by i.installed_at desc
  limit 1;
  while audit_private.add_next_partition() is not null loop
  end loop;

  insert into audit_private.installation (version, code_digest, installed_by, migrations)
  values (
    record_installation.version, record_installation.code_digest, audit_private.recorded_by(),
    record_installation.migrations
  );
  delete from audit_private.installed_object o
  where not exists (
    select from audit_private.object_digests() d where (d.kind, d.name) = (o.kind, o.name)
  );
  insert into audit_private.installed_object as o (kind, name, digest)
  select d.kind, d.name, d.digest from audit_private.object_digests() d
  on conflict on constraint installed_object_pkey do update
  set digest = excluded.digest
  where o.digest <> excluded.digest;

  perform audit_private.write_system_event(
    tenant_id => '00000000-0000-0000-0000-000000000000',
    action => case when known.version is null then 'installed' else 'upgraded' end,
    entity_type => 'audit_log',
    entity_id => null,
    description => format('pgwitness %s installed', record_installation.version),
    changes => jsonb_build_object(
      'version', jsonb_build_object('old', known.version, 'new', record_installation.version),
      'code_digest', jsonb_build_object('old', known.code_digest, 'new', record_installation.code_digest)));
end
$$;

ALTER FUNCTION audit_private.record_installation(version text, code_digest text, migrations text[]) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.record_installation(version text, code_digest text, migrations text[]) IS 'makes the partitions ahead, notes what each object looks like, and writes the event installed or upgraded';

CREATE FUNCTION audit_private.record_read(session audit_private.access_session, route text, filter jsonb, rows bigint, page_size integer DEFAULT NULL::integer, is_continued boolean DEFAULT NULL::boolean, statement text DEFAULT NULL::text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform audit_private.write_system_event(
    tenant_id => (record_read.session).tenant_id,
    action => 'audit_log_viewed',
    entity_type => 'audit_log',
    entity_id => null,
    description => format('Read the log (%s)', record_read.route),
    metadata => jsonb_build_object(
      'access_id', (record_read.session).access_id,
      'access_reason', (record_read.session).access_reason,
      'justification', (record_read.session).justification,
      'read_number', nextval('audit_private.read_number'),
      'route', record_read.route
    )
      || case when record_read.filter is null then '{}'
        else jsonb_build_object('filter', record_read.filter) end
      || jsonb_strip_nulls(jsonb_build_object(
        'rows', record_read.rows,
        'page_size', record_read.page_size,
        'is_continued', record_read.is_continued,
        'statement', record_read.statement
      ))
  );
  update audit_private.access_session s
  set last_read_in = pg_current_xact_id(),
    last_read_at = statement_timestamp(),
    last_read = concat_ws(' ', record_read.route, record_read.filter)
  where s.tenant_id = (record_read.session).tenant_id
    and s.access_id = (record_read.session).access_id
    and s.ctid = (
      select l.ctid
      from audit_private.access_session l
      where l.tenant_id = (record_read.session).tenant_id
        and l.access_id = (record_read.session).access_id
      for no key update skip locked
    );
end
$$;

ALTER FUNCTION audit_private.record_read(session audit_private.access_session, route text, filter jsonb, rows bigint, page_size integer, is_continued boolean, statement text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.record_read(session audit_private.access_session, route text, filter jsonb, rows bigint, page_size integer, is_continued boolean, statement text) IS 'writes the event audit_log_viewed of one read, with the next number of the reads';

CREATE FUNCTION audit_private.recorded_by() RETURNS text
    LANGUAGE sql STABLE PARALLEL RESTRICTED
    AS $$
  select case pg_catalog.current_setting('role')
    when 'none' then audit_private.quoted_role(session_user)
    else audit_private.quoted_role(session_user) || '/'
      || audit_private.quoted_role(pg_catalog.current_setting('role')::name)
  end
$$;

ALTER FUNCTION audit_private.recorded_by() OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.recorded_by() IS 'login, and SET ROLE role behind a slash: who sends the SQL';

CREATE FUNCTION audit_private.refresh_bindings() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform audit_private.lock_catalogue();
  update audit_private.role_binding b
  set entity_types = known.entity_types,
    transaction_offset = i.transaction_offset,
    events_until = i.events_until
  from audit_private.instance i
  cross join (
    select array_agg(t.entity_type order by t.entity_type) as entity_types from audit_private.entity_type t
  ) known
  where (b.entity_types, b.transaction_offset, b.events_until)
    is distinct from (known.entity_types, i.transaction_offset, i.events_until);
  return null;
end
$$;

ALTER FUNCTION audit_private.refresh_bindings() OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.refresh_bindings() IS 'trigger: brings entity types, offset and end of partitions in every binding up to date';

CREATE FUNCTION audit_private.refresh_watched(watched audit_private.watched_table, relation regclass) RETURNS audit_private.watched_table
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if watched.tenant_column is not null then
    select a.attname into watched.tenant_column
    from pg_attribute a
    where a.attrelid = refresh_watched.relation and not a.attisdropped and a.attnum > 0
      and (
        a.attname = watched.tenant_column
        or a.attnum = watched.tenant_column_number and a.attname <> all (watched.known_columns)
          and a.atttypid = 'uuid'::regtype
      )
    order by a.attname = watched.tenant_column desc
    limit 1;
    if not found then
      perform audit_private.refuse_capture(
        null, null, watched.entity_type, format('of table %s', refresh_watched.relation));
    end if;
  end if;
  select coalesce(array_agg(k.name), '{}') into watched.known_columns
  from unnest(watched.known_columns, watched.known_numbers) as k (name, number)
  join pg_attribute a on a.attrelid = refresh_watched.relation and a.attnum = k.number and a.attname = k.name
    and not a.attisdropped;
  if watched.label_column <> all (watched.known_columns) then
    watched.label_column := null;
  end if;
  if audit_private.key_columns(refresh_watched.relation) is null then
    perform audit_private.refuse_watch(
      format('%s has no key any more', refresh_watched.relation),
      'It is watched, and a change is told of a row, which its key names in the log.',
      format('alter table %s add primary key (…);', refresh_watched.relation));
  end if;
  if audit_private.key_columns(refresh_watched.relation) && watched.redact_columns then
    perform audit_private.refuse_watch(
      format('the key of %s is a redacted column now', refresh_watched.relation),
      'The key is stored with every event, so the change could not be logged.',
      'Give the table another key, or watch it again with other redact_columns.');
  end if;
  return watched;
end
$$;

ALTER FUNCTION audit_private.refresh_watched(watched audit_private.watched_table, relation regclass) OWNER TO audit_writer;

COMMENT ON FUNCTION audit_private.refresh_watched(watched audit_private.watched_table, relation regclass) IS 'what is known of a watched table, with the columns that it still has';

CREATE FUNCTION audit_private.refuse_access(tenant_id uuid, actor_id text, actor_type text, named text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  recorder constant text := audit_private.recorded_by();
  is_service constant boolean := audit_private.is_service_role();
  session audit_private.access_session;
  closed_at timestamptz;
begin
  select s.* into session
  from audit_private.access_session s
  where s.tenant_id = refuse_access.tenant_id
    and case
      when refuse_access.named is not null then s.access_id::text = lower(refuse_access.named)
      else not is_service
        and s.actor_id = refuse_access.actor_id
        and s.actor_type = refuse_access.actor_type
        and s.recorded_by = recorder
        and s.opened_in = pg_current_xact_id_if_assigned()
    end
  limit 1;
  if session.access_id is null then
    raise exception using
      errcode = 'WT030',
      message = 'reading the log needs an open access session',
      detail = case
        when refuse_access.named is not null then format('Tenant %s has no session %L, which pgwitness.access_id names.',
          refuse_access.tenant_id, left(refuse_access.named, 100))
        when is_service then 'A service role names its session in each transaction''s context, and none is named.'
        else format('%s %s as %s has no open session in tenant %s.',
          refuse_access.actor_type, refuse_access.actor_id, recorder, refuse_access.tenant_id)
      end,
      hint = format(
        'select audit.open_access(access_reason => %L, justification => %L); commit%s; then read again. '
        'Reasons: select * from audit.list_catalogue() where kind = %L.',
        coalesce(
          (select r.access_reason from audit_private.access_reason r order by r.access_reason limit 1),
          'audit_review'),
        'why, in 10 to 500 characters',
        case when is_service then ' and give the id as access_id of audit.set_context' else '' end,
        'access_reason');
  end if;

  if (session.actor_id, session.actor_type, session.recorded_by)
    is distinct from (refuse_access.actor_id, refuse_access.actor_type, recorder)
  then
    raise exception using
      errcode = 'WT035',
      message = format('access session %s belongs to somebody else', session.access_id),
      detail = format('It was opened by another actor or database role than %s %s as %s.',
        refuse_access.actor_type, refuse_access.actor_id, recorder),
      hint = 'Open a session of your own with audit.open_access.';
  end if;

  if session.opened_in = pg_current_xact_id_if_assigned() then
    raise exception using
      errcode = 'WT032',
      message = format('access session %s isn''t committed yet', session.access_id),
      detail = 'A session counts from the commit of the transaction that opened it, so that a rollback can''t hide a read.',
      hint = 'Commit after audit.open_access and read in the next transaction.';
  end if;

  select c.closed_at into closed_at
  from audit_private.access_closing c
  where c.tenant_id = session.tenant_id and c.access_id = session.access_id;
  raise exception using
    errcode = 'WT031',
    message = format('access session %s has ended', session.access_id),
    detail = format('It %s at %s.',
      case when closed_at is not null then 'was closed' else 'expired' end,
      audit_private.access_expiry(session.opened_at, session.last_used_at, closed_at)),
    hint = 'Open a new one with audit.open_access.';
end
$$;

ALTER FUNCTION audit_private.refuse_access(tenant_id uuid, actor_id text, actor_type text, named text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.refuse_access(tenant_id uuid, actor_id text, actor_type text, named text) IS 'raises WT030, WT031, WT032 or WT035: why the caller has no usable access session';

CREATE FUNCTION audit_private.refuse_actor(actor_type text, actor jsonb) RETURNS void
    LANGUAGE plpgsql PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  raise exception using
    errcode = 'WT013',
    message = 'the context''s actor is not valid',
    detail = format('actor_type is %s, actor is %s; actor_id must not be empty.',
      coalesce(quote_literal(refuse_actor.actor_type), 'null'),
      coalesce('of type ' || jsonb_typeof(refuse_actor.actor), 'null')),
    hint = 'actor_type is one of user, system, api_key and database_role; actor is a JSON object.';
end
$$;

ALTER FUNCTION audit_private.refuse_actor(actor_type text, actor jsonb) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.refuse_actor(actor_type text, actor jsonb) IS 'raises WT013: a context whose actor can''t stand in an event';

CREATE FUNCTION audit_private.refuse_capture(tenant_id uuid, action text, entity_type text, entity_id text, occurred_at timestamp with time zone DEFAULT NULL::timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  place constant text := format('%s %s', refuse_capture.entity_type, refuse_capture.entity_id);
begin
  if refuse_capture.occurred_at is not null then
    raise exception using
      errcode = 'WT016',
      message = format('%s: there is no partition for %s', place, refuse_capture.occurred_at),
      detail = 'The table is watched, and its change could not be logged.',
      hint = 'An operator may call: call audit.maintain_partitions();';
  end if;
  if refuse_capture.tenant_id is null then
    raise exception using
      errcode = 'WT001',
      message = format('%s has no tenant', place),
      detail = 'The table is watched with a column that holds the tenant, and it is null in this row.',
      hint = 'Give the row its tenant, or watch the table with another tenant_column.';
  end if;
  return audit_private.refuse_codes(
    refuse_capture.tenant_id, refuse_capture.action, refuse_capture.entity_type, place);
end
$$;

ALTER FUNCTION audit_private.refuse_capture(tenant_id uuid, action text, entity_type text, entity_id text, occurred_at timestamp with time zone) OWNER TO audit_writer;

COMMENT ON FUNCTION audit_private.refuse_capture(tenant_id uuid, action text, entity_type text, entity_id text, occurred_at timestamp with time zone) IS 'raises WT001, WT003, WT010, WT012 or WT016: why a row''s change can''t be logged';

CREATE FUNCTION audit_private.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if current_user = 'audit_keeper' then
    return null;
  end if;
  raise exception using
    errcode = 'WT070',
    message = format('events can''t be changed: %s of %I refused', lower(tg_op), tg_table_name),
    detail = 'The log is append-only for every role.',
    hint = 'Events leave by retention, and personal values by audit.erase_subject().';
end
$$;

ALTER FUNCTION audit_private.refuse_change() OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.refuse_change() IS 'trigger: refuses update, delete and truncate to everybody but the keeper';

CREATE FUNCTION audit_private.refuse_codes(tenant_id uuid, action text, entity_type text, place text DEFAULT NULL::text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  prefix constant text := coalesce(refuse_codes.place || ': ', '');
  tenant_retired_at timestamptz;
  action_retired_at timestamptz;
begin
  select t.retired_at into tenant_retired_at
  from audit_private.tenant t
  where t.tenant_id = refuse_codes.tenant_id;
  if not found or tenant_retired_at is not null then
    raise exception using
      errcode = 'WT003',
      message = format('%stenant %s %s', prefix, refuse_codes.tenant_id,
        coalesce('was retired at ' || tenant_retired_at, 'is not registered')),
      detail = 'Only registered tenants log.',
      hint = format('An operator may call: select audit.register_tenant(tenant_id => %L, name => …);',
        refuse_codes.tenant_id);
  end if;

  select a.retired_at into action_retired_at
  from audit_private.action a
  where a.action = refuse_codes.action;
  if not found or action_retired_at is not null then
    raise exception using
      errcode = 'WT010',
      message = format('%saction %s %s', prefix, coalesce(quote_literal(refuse_codes.action), 'null'),
        coalesce('was retired at ' || action_retired_at, 'is not defined')),
      detail = 'Only actions of the catalogue can be logged.',
      hint = format('An operator may call: select audit.define_action(action => %L, category => …, titles => …);',
        refuse_codes.action);
  end if;

  if not exists (
    select from audit_private.entity_type t where t.entity_type = refuse_codes.entity_type
  ) then
    raise exception using
      errcode = 'WT012',
      message = format('%sentity type %s is not defined', prefix, coalesce(quote_literal(refuse_codes.entity_type), 'null')),
      detail = 'Only entity types of the catalogue can be logged.',
      hint = format('An operator may call: select audit.define_entity_type(entity_type => %L, titles => …);',
        refuse_codes.entity_type);
  end if;

  raise exception using
    errcode = 'WT010',
    message = format('%saction %s can''t be logged for tenant %s', prefix, refuse_codes.action, refuse_codes.tenant_id),
    detail = case refuse_codes.tenant_id
      when '00000000-0000-0000-0000-000000000000' then 'The installation''s own tenant takes mandatory events only.'
      else 'Nothing says whether it is logged for this tenant.' end,
    hint = case refuse_codes.tenant_id
      when '00000000-0000-0000-0000-000000000000' then 'Log it for one of the application''s tenants.'
      else 'An operator defines the action anew, which decides it for every tenant.' end;
end
$$;

ALTER FUNCTION audit_private.refuse_codes(tenant_id uuid, action text, entity_type text, place text) OWNER TO audit_writer;

COMMENT ON FUNCTION audit_private.refuse_codes(tenant_id uuid, action text, entity_type text, place text) IS 'raises WT003, WT010 or WT012: which of tenant, action and entity type can''t be logged';

CREATE FUNCTION audit_private.refuse_data_retention(message text, detail text, hint text) RETURNS void
    LANGUAGE plpgsql PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  raise exception using
    errcode = 'WT112',
    message = refuse_data_retention.message,
    detail = refuse_data_retention.detail,
    hint = refuse_data_retention.hint;
end
$$;

ALTER FUNCTION audit_private.refuse_data_retention(message text, detail text, hint text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.refuse_data_retention(message text, detail text, hint text) IS 'raises WT112: data retention that can''t be defined, armed or resolved like that';

CREATE FUNCTION audit_private.refuse_definition(message text, detail text, hint text) RETURNS void
    LANGUAGE plpgsql PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  raise exception using
    errcode = 'WT050',
    message = refuse_definition.message,
    detail = refuse_definition.detail,
    hint = refuse_definition.hint;
end
$$;

ALTER FUNCTION audit_private.refuse_definition(message text, detail text, hint text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.refuse_definition(message text, detail text, hint text) IS 'raises WT050: a definition that the catalogue can''t take';

CREATE FUNCTION audit_private.refuse_erasure(detail text, hint text) RETURNS void
    LANGUAGE plpgsql PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  raise exception using
    errcode = 'WT140',
    message = 'this can''t be erased like that',
    detail = refuse_erasure.detail,
    hint = refuse_erasure.hint;
end
$$;

ALTER FUNCTION audit_private.refuse_erasure(detail text, hint text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.refuse_erasure(detail text, hint text) IS 'raises WT140';

CREATE FUNCTION audit_private.refuse_event(place text, action text, description text, outcome text, error_message text, entity_id text, actor_id text, actor_type text, actor jsonb, target jsonb, changes jsonb, is_mandatory boolean, occurred_at timestamp with time zone, earliest timestamp with time zone, latest timestamp with time zone, events_until timestamp with time zone, payload_bytes integer, payload_limit integer) RETURNS boolean
    LANGUAGE plpgsql PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  prefix constant text := coalesce(refuse_event.place || ': ', '');
  problem text;
begin
  if refuse_event.is_mandatory then
    raise exception using
      errcode = 'WT011',
      message = format('%saction %s is reserved', prefix, refuse_event.action),
      detail = 'Mandatory events are written by the log alone: nobody else speaks as the log.',
      hint = 'Define an action of the application''s own.';
  end if;

  problem := case
    when btrim(refuse_event.description) <> '' is not true then 'description is missing'
    when refuse_event.outcome not in ('success', 'failure') is not false then 'outcome is neither success nor failure'
    when refuse_event.outcome = 'failure' and btrim(refuse_event.error_message) <> '' is not true
      then 'a failure needs an error_message'
    when refuse_event.outcome = 'success' and refuse_event.error_message is not null
      then 'a success can''t have an error_message'
    when length(refuse_event.entity_id) > 500 then 'entity_id has more than 500 characters'
    when length(refuse_event.actor_id) not between 1 and 500 then 'actor_id has not 1 to 500 characters'
    when refuse_event.actor_type not in ('user', 'system', 'api_key', 'database_role') is not false
      then 'actor_type is none of user, system, api_key and database_role'
    when jsonb_typeof(refuse_event.actor) <> 'object' then 'actor is not an object'
    when jsonb_typeof(refuse_event.target) not in ('object', 'array') then 'target is neither an object nor an array'
    when jsonb_typeof(refuse_event.changes) <> 'object' then 'changes is not an object'
  end;
  if problem is not null then
    raise exception using
      errcode = 'WT013',
      message = format('%sthe event is not valid: %s', prefix, problem),
      detail = format('action %s, outcome %s', coalesce(quote_literal(refuse_event.action), 'null'),
        coalesce(quote_literal(refuse_event.outcome), 'null')),
      hint = 'Nothing was logged. Say what happened in description, and why it failed in error_message.';
  end if;

  if refuse_event.payload_bytes > refuse_event.payload_limit then
    raise exception using
      errcode = 'WT014',
      message = format('%sthe event''s payload of %s bytes is over the limit of %s', prefix,
        refuse_event.payload_bytes, refuse_event.payload_limit),
      detail = 'Counted are description, actor, target, changes, metadata and error_message.',
      hint = 'Store the large part elsewhere and log its name and hash, define the action with '
        'when_too_large => ''cut'', or raise the option payload_limit_bytes.';
  end if;

  if refuse_event.occurred_at not between refuse_event.earliest and refuse_event.latest then
    raise exception using
      errcode = 'WT015',
      message = format('%soccurred_at %s is out of range', prefix, refuse_event.occurred_at),
      detail = format('It may lie between %s and %s.', refuse_event.earliest, refuse_event.latest),
      hint = 'Leave it out for now; check the clock of the machine that set it; history is imported with '
        'audit.import_events().';
  end if;

  raise exception using
    errcode = 'WT016',
    message = format('%sthere is no partition for %s', prefix, refuse_event.occurred_at),
    detail = format('Partitions reach until %s.', refuse_event.events_until),
    hint = 'An operator may call: call audit.maintain_partitions();';
end
$$;

ALTER FUNCTION audit_private.refuse_event(place text, action text, description text, outcome text, error_message text, entity_id text, actor_id text, actor_type text, actor jsonb, target jsonb, changes jsonb, is_mandatory boolean, occurred_at timestamp with time zone, earliest timestamp with time zone, latest timestamp with time zone, events_until timestamp with time zone, payload_bytes integer, payload_limit integer) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.refuse_event(place text, action text, description text, outcome text, error_message text, entity_id text, actor_id text, actor_type text, actor jsonb, target jsonb, changes jsonb, is_mandatory boolean, occurred_at timestamp with time zone, earliest timestamp with time zone, latest timestamp with time zone, events_until timestamp with time zone, payload_bytes integer, payload_limit integer) IS 'raises WT011, WT013, WT014, WT015 or WT016: the first rule that an event breaks';

CREATE FUNCTION audit_private.refuse_filter(key text, value jsonb, wanted text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  raise exception using
    errcode = 'WT040',
    message = format('filter key %I has a value that can''t be searched for', refuse_filter.key),
    detail = format('It is %s and should be %s.', coalesce(left(refuse_filter.value::text, 200), 'null'),
      refuse_filter.wanted),
    hint = 'Codes and their meaning: select * from audit.list_catalogue();';
end
$$;

ALTER FUNCTION audit_private.refuse_filter(key text, value jsonb, wanted text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.refuse_filter(key text, value jsonb, wanted text) IS 'raises WT040 for the value of one filter key';

CREATE FUNCTION audit_private.refuse_import(id uuid, occurred_at timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  raise exception using
    errcode = 'WT013',
    message = 'the event can''t be found again: ' || case
      when refuse_import.occurred_at is null then 'occurred_at is missing'
      when refuse_import.id is null then 'both id and idempotency_key are missing'
      else format('id %s doesn''t give occurred_at %s', refuse_import.id, refuse_import.occurred_at)
    end,
    detail = 'An import can be run again because each event''s id follows from what is given.',
    hint = 'Give occurred_at, and the source''s own identifier as idempotency_key.';
end
$$;

ALTER FUNCTION audit_private.refuse_import(id uuid, occurred_at timestamp with time zone) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.refuse_import(id uuid, occurred_at timestamp with time zone) IS 'raises WT013: an imported event without a time and an identity of its own';

CREATE FUNCTION audit_private.refuse_ledger(detail text) RETURNS void
    LANGUAGE plpgsql PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  raise exception using
    errcode = 'WT141',
    message = 'this is no ledger',
    detail = refuse_ledger.detail,
    hint = 'Give the lines of the file as one array: entries => ''[{"kind": "erasure", …}, …]''.';
end
$$;

ALTER FUNCTION audit_private.refuse_ledger(detail text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.refuse_ledger(detail text) IS 'raises WT141';

CREATE FUNCTION audit_private.refuse_repeat(idempotency_key text) RETURNS void
    LANGUAGE plpgsql PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  raise exception using
    errcode = 'WT017',
    message = format('idempotency key %L stands for another event', refuse_repeat.idempotency_key),
    detail = 'An event with other content was logged under it.',
    hint = 'Use a key that belongs to one act alone, such as the request''s id with the action.';
end
$$;

ALTER FUNCTION audit_private.refuse_repeat(idempotency_key text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.refuse_repeat(idempotency_key text) IS 'raises WT017: other content under a known idempotency key';

CREATE FUNCTION audit_private.refuse_revert(event_id uuid, detail text, hint text) RETURNS void
    LANGUAGE plpgsql PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  raise exception using
    errcode = 'WT092',
    message = format('event %s can''t be undone by a statement', refuse_revert.event_id),
    detail = refuse_revert.detail,
    hint = refuse_revert.hint;
end
$$;

ALTER FUNCTION audit_private.refuse_revert(event_id uuid, detail text, hint text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.refuse_revert(event_id uuid, detail text, hint text) IS 'raises WT092: a change that no statement undoes';

CREATE FUNCTION audit_private.refuse_scheduling(message text, detail text, hint text) RETURNS void
    LANGUAGE plpgsql PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  raise exception using
    errcode = 'WT114',
    message = refuse_scheduling.message,
    detail = refuse_scheduling.detail,
    hint = refuse_scheduling.hint;
end
$$;

ALTER FUNCTION audit_private.refuse_scheduling(message text, detail text, hint text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.refuse_scheduling(message text, detail text, hint text) IS 'raises WT114: pg_cron is not there, or not for this role';

CREATE FUNCTION audit_private.refuse_watch(message text, detail text, hint text) RETURNS void
    LANGUAGE plpgsql PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  raise exception using
    errcode = 'WT090',
    message = refuse_watch.message,
    detail = refuse_watch.detail,
    hint = refuse_watch.hint;
end
$$;

ALTER FUNCTION audit_private.refuse_watch(message text, detail text, hint text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.refuse_watch(message text, detail text, hint text) IS 'raises WT090: a table that can''t be watched like that';

CREATE FUNCTION audit_private.refuse_write(tenant_id uuid, action text, entity_type text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform audit_private.refuse_codes(
    audit_private.require_tenant(refuse_write.tenant_id), refuse_write.action, refuse_write.entity_type);
end
$$;

ALTER FUNCTION audit_private.refuse_write(tenant_id uuid, action text, entity_type text) OWNER TO audit_writer;

COMMENT ON FUNCTION audit_private.refuse_write(tenant_id uuid, action text, entity_type text) IS 'raises what keeps the role from logging: no tenant, not its tenant, or codes that can''t be logged';

CREATE FUNCTION audit_private.relation_named(name text) RETURNS regclass
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  parts text[];
begin
  parts := parse_ident(relation_named.name);
  return (
    select c.oid
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = parts[1] and c.relname = parts[2] and cardinality(parts) = 2
  );
exception when invalid_parameter_value then
  return null;
end
$$;

ALTER FUNCTION audit_private.relation_named(name text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.relation_named(name text) IS 'the relation with this schema and name; null when there is none';

CREATE FUNCTION audit_private.release_tenant() RETURNS text
    LANGUAGE sql
    AS $$
  select pg_catalog.set_config('pgwitness.named_tenant', '', true)
$$;

ALTER FUNCTION audit_private.release_tenant() OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.release_tenant() IS 'ends what require_tenant began; every function that calls the one calls the other before it returns';

CREATE FUNCTION audit_private.removable_before(cutoff timestamp with time zone, is_exact boolean, partition_until timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  select case
    when partition_until <= cutoff then partition_until
    when is_exact then cutoff
    else '-infinity'
  end
$$;

ALTER FUNCTION audit_private.removable_before(cutoff timestamp with time zone, is_exact boolean, partition_until timestamp with time zone) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.removable_before(cutoff timestamp with time zone, is_exact boolean, partition_until timestamp with time zone) IS 'events of a partition before this time are to be removed, where a cut-off is all that counts';

CREATE FUNCTION audit_private.removals_digest(tenant_id uuid, run_id uuid) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select encode(sha256(convert_to(coalesce(string_agg(r.line, '' order by r.first_seal, r.part), ''), 'UTF8')), 'hex')
  from (
    select s.first_seal, -1 as part, format(E'%s-%s %s\n', s.first_seal, s.last_seal, s.removed) as line
    from audit_private.seal_removal s
    where s.tenant_id = removals_digest.tenant_id and s.run_id = removals_digest.run_id
    union all
    select p.seal_number, p.part, format(E'%s/%s %s %s\n', p.seal_number, p.part, p.removed, p.places)
    from audit_private.part_removal p
    where p.tenant_id = removals_digest.tenant_id and p.run_id = removals_digest.run_id
  ) r
$$;

ALTER FUNCTION audit_private.removals_digest(tenant_id uuid, run_id uuid) OWNER TO audit_finder;

COMMENT ON FUNCTION audit_private.removals_digest(tenant_id uuid, run_id uuid) IS 'SHA-256 in hexadecimal of all that a purge noted of what it took out of a tenant''s seals';

CREATE FUNCTION audit_private.removed_count(tenant_id uuid, seal_number bigint, event_count bigint) RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select case
    when audit_private.is_emptied(removed_count.tenant_id, removed_count.seal_number) then removed_count.event_count
    else (
      select coalesce(sum(p.removed), 0) from audit_private.part_removal p
      where p.tenant_id = removed_count.tenant_id and p.seal_number = removed_count.seal_number
    )
  end
$$;

ALTER FUNCTION audit_private.removed_count(tenant_id uuid, seal_number bigint, event_count bigint) OWNER TO audit_finder;

COMMENT ON FUNCTION audit_private.removed_count(tenant_id uuid, seal_number bigint, event_count bigint) IS 'how many of a seal''s events purges have removed';

CREATE FUNCTION audit_private.removed_places(tenant_id uuid, seal_number bigint, part integer) RETURNS bit
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select case
    when audit_private.is_emptied(removed_places.tenant_id, removed_places.seal_number) then ~ 0::bit(1024)
    else (
      select bit_or(p.places) from audit_private.part_removal p
      where p.tenant_id = removed_places.tenant_id
        and p.seal_number = removed_places.seal_number
        and p.part = removed_places.part
    )
  end
$$;

ALTER FUNCTION audit_private.removed_places(tenant_id uuid, seal_number bigint, part integer) OWNER TO audit_finder;

COMMENT ON FUNCTION audit_private.removed_places(tenant_id uuid, seal_number bigint, part integer) IS 'places in a part of a seal whose events purges have removed; null when none';

CREATE FUNCTION audit_private.require_access(tenant_id uuid) RETURNS audit_private.access_session
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  named constant text := nullif(current_setting('pgwitness.access_id', true), '');
  reader record;
  session audit_private.access_session;
begin
  perform audit_private.require_writable();
  perform audit_private.require_read_committed();
  select * into session from audit_private.find_access(require_access.tenant_id);
  if session.access_id is null then
    select * into reader from audit_private.current_reader();
    perform audit_private.refuse_access(require_access.tenant_id, reader.actor_id, reader.actor_type, named);
  end if;

  update audit_private.access_session s
  set last_used_at = clock_timestamp()
  where s.tenant_id = session.tenant_id
    and s.access_id = session.access_id
    and s.ctid = (
      select l.ctid
      from audit_private.access_session l
      where l.tenant_id = session.tenant_id and l.access_id = session.access_id
      for no key update skip locked
    );
  return session;
end
$$;

ALTER FUNCTION audit_private.require_access(tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.require_access(tenant_id uuid) IS 'the caller''s access session in a tenant, slid; raises WT030, WT031, WT032, WT035 or WT036 without one';

CREATE FUNCTION audit_private.require_read_committed() RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
    raise exception using
      errcode = 'WT037',
      message = format('this can''t be done in a transaction of isolation level %s',
        current_setting('transaction_isolation')),
      detail = 'In an older snapshot a grant, a session or a definition would look as it was before others changed it.',
      hint = 'begin isolation level read committed;';
  end if;
end
$$;

ALTER FUNCTION audit_private.require_read_committed() OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.require_read_committed() IS 'raises WT037 in a transaction that keeps one snapshot';

CREATE FUNCTION audit_private.require_tenant(tenant_id uuid) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  wanted text;
  visible uuid;
begin
  perform set_config('pgwitness.named_tenant', coalesce(require_tenant.tenant_id::text, ''), true);
  visible := audit_private.visible_tenant();
  if visible is null then
    wanted := coalesce(
      require_tenant.tenant_id::text, nullif(current_setting('pgwitness.tenant_id', true), ''));
    if wanted is null then
      raise exception using
        errcode = 'WT001',
        message = 'no tenant is set',
        detail = format('Role %I is not bound to exactly one tenant.', audit_private.effective_role()),
        hint = 'Begin a transaction and call audit.set_context(tenant_id => …), or pass tenant_id.';
    end if;
    raise exception using
      errcode = 'WT002',
      message = format('role %I may not act for tenant %s', audit_private.effective_role(), wanted),
      detail = 'What counts is the SET ROLE role when one is set, else the login, by its exact name.',
      hint = format('An operator may call: select audit.grant_tenant(role => %L, tenant_id => %L);',
        audit_private.effective_role(), wanted);
  end if;
  if not exists (select from audit_private.tenant t where t.tenant_id = visible) then
    raise exception using
      errcode = 'WT003',
      message = format('tenant %s is not registered', visible),
      detail = 'A service role may act for every registered tenant.',
      hint = format('An operator may call: select audit.register_tenant(tenant_id => %L, name => …);', visible);
  end if;
  return visible;
end
$$;

ALTER FUNCTION audit_private.require_tenant(tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.require_tenant(tenant_id uuid) IS 'the tenant named, else the context''s; raises WT001, WT002 or WT003';

CREATE FUNCTION audit_private.require_watched(relation regclass) RETURNS text
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  known constant text := audit_private.watched_entity_type(
    coalesce(pg_partition_root(require_watched.relation), require_watched.relation));
begin
  if known is null then
    raise exception using
      errcode = 'WT091',
      message = format('%s is not watched', coalesce(require_watched.relation::text, 'null')),
      detail = 'Its changes have not been captured.',
      hint = format('Its owner, with audit_operator, may call: select audit.watch(%L, entity_type => …);',
        require_watched.relation);
  end if;
  return known;
end
$$;

ALTER FUNCTION audit_private.require_watched(relation regclass) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.require_watched(relation regclass) IS 'the entity type of a table that is or was watched; raises WT091 for any other';

CREATE FUNCTION audit_private.require_writable() RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if pg_is_in_recovery() then
    raise exception using
      errcode = 'WT036',
      message = 'the log can''t be read on a standby',
      detail = 'Each read is an event of the log, and a standby can''t write one.',
      hint = 'Connect to the primary server.';
  end if;
  if current_setting('transaction_read_only')::boolean then
    raise exception using
      errcode = 'WT036',
      message = 'the log can''t be read in a read-only transaction',
      detail = 'Each read is an event of the log, and this transaction can''t write one.',
      hint = 'Begin the transaction with: begin read write (or set default_transaction_read_only = off).';
  end if;
end
$$;

ALTER FUNCTION audit_private.require_writable() OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.require_writable() IS 'raises WT036 on a standby and in a read-only transaction';

CREATE FUNCTION audit_private.resolve_catalogue() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lock_timeout TO '10s'
    AS $$
begin
  perform audit_private.lock_catalogue();
  perform from audit_private.tenant t order by t.tenant_id for no key update;
  perform audit_private.resolve_decisions(null);
  return null;
exception when lock_not_available then
  raise exception using
    errcode = 'WT084',
    message = 'a tenant''s administrator is turning toggles',
    detail = 'That transaction has been open for more than 10 seconds.',
    hint = 'Try again; select pid, usename, xact_start from pg_stat_activity where state = ''idle in transaction'';';
end
$$;

ALTER FUNCTION audit_private.resolve_catalogue() OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.resolve_catalogue() IS 'trigger: brings every tenant''s logging_decision up to date';

CREATE FUNCTION audit_private.resolve_decisions(only_tenant_id uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  with wanted as (
    select t.tenant_id, a.action, c.is_mandatory,
      c.is_mandatory
        or t.is_logging_enabled and coalesce(o.is_enabled, g.is_enabled, true) as is_logged,
      limits.value::integer as payload_limit,
      a.when_too_large = 'cut' as is_cut
    from audit_private.tenant t
    cross join audit_private.action a
    join audit_private.category c using (category)
    join audit_private.option limits on limits.name = 'payload_limit_bytes'
    left join audit_private.category_toggle g on g.tenant_id = t.tenant_id and g.category = a.category
    left join audit_private.action_toggle o on o.tenant_id = t.tenant_id and o.action = a.action
    where t.tenant_id = coalesce(resolve_decisions.only_tenant_id, t.tenant_id)
      and t.retired_at is null
      and a.retired_at is null
      and (c.is_mandatory or t.tenant_id <> '00000000-0000-0000-0000-000000000000')
  ),
  gone as (
    delete from audit_private.logging_decision d
    where d.tenant_id = coalesce(resolve_decisions.only_tenant_id, d.tenant_id)
      and not exists (select from wanted w where w.tenant_id = d.tenant_id and w.action = d.action)
  )
  insert into audit_private.logging_decision as known
    (tenant_id, action, is_logged, is_mandatory, payload_limit, is_cut)
  select w.tenant_id, w.action, w.is_logged, w.is_mandatory, w.payload_limit, w.is_cut
  from wanted w
  on conflict (tenant_id, action) do update
  set is_logged = excluded.is_logged,
    is_mandatory = excluded.is_mandatory,
    payload_limit = excluded.payload_limit,
    is_cut = excluded.is_cut
  where (known.is_logged, known.is_mandatory, known.payload_limit, known.is_cut)
    is distinct from (excluded.is_logged, excluded.is_mandatory, excluded.payload_limit, excluded.is_cut);
end
$$;

ALTER FUNCTION audit_private.resolve_decisions(only_tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.resolve_decisions(only_tenant_id uuid) IS 'brings logging_decision up to date, for one tenant or, when null, for all that may be seen';

CREATE FUNCTION audit_private.resolve_toggles() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  touched constant uuid := coalesce(new.tenant_id, old.tenant_id);
begin
  perform from audit_private.tenant t where t.tenant_id = touched for no key update;
  perform audit_private.resolve_decisions(touched);
  return null;
end
$$;

ALTER FUNCTION audit_private.resolve_toggles() OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.resolve_toggles() IS 'trigger: brings one tenant''s logging_decision up to date';

CREATE FUNCTION audit_private.retained_condition(tenant_id uuid) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "DateStyle" TO 'ISO, YMD'
    AS $$
  select case
    when c.cutoff = '-infinity' then 'true'
    else format('(e.occurred_at >= %L::timestamptz', c.cutoff)
      || coalesce((
        select string_agg(
          format(' or e.action = any (%L::text[]) and e.occurred_at >= %L::timestamptz',
            f.actions, statement_timestamp() - f.days * interval '24 hours'), '')
        from (
          select r.days, array_agg(a.action) as actions
          from audit_private.floors_in_force(statement_timestamp()) r
          join audit_private.action a on a.category = r.category
          group by r.days
        ) f
      ), '')
      || coalesce((
        select string_agg(' or ' || audit_private.hold_condition(h), '')
        from audit_private.legal_hold h
        where h.tenant_id = retained_condition.tenant_id and h.released_at is null
      ), '')
      || ')'
  end
  from (select audit_private.retention_cutoff(retained_condition.tenant_id) as cutoff) c
$$;

ALTER FUNCTION audit_private.retained_condition(tenant_id uuid) OWNER TO audit_finder;

COMMENT ON FUNCTION audit_private.retained_condition(tenant_id uuid) IS 'a condition on audit_private.event e: it hasn''t expired, or is held; as is_retained, for a statement of its own';

CREATE FUNCTION audit_private.retention_cutoff(tenant_id uuid) RETURNS timestamp with time zone
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select coalesce(min(statement_timestamp() - p.days * interval '24 hours'), '-infinity')
  from audit_private.policies_in_force(statement_timestamp()) p
  where p.tenant_id = retention_cutoff.tenant_id
$$;

ALTER FUNCTION audit_private.retention_cutoff(tenant_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.retention_cutoff(tenant_id uuid) IS 'events strictly older than this have expired, unless a floor of their category or a hold keeps them';

CREATE FUNCTION audit_private.reverify_step(run_id uuid) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  run constant audit_private.job_run := (
    select r from audit_private.job_run r where r.run_id = reverify_step.run_id and r.result = 'running');
  since constant timestamptz := run.place -> 'weeks' ->> 0;
  until constant timestamptz := since + interval '168 hours';
  found jsonb;
  found_count bigint;
begin
  if since is null then
    return 'done';
  end if;
  perform audit_private.lock_partitions(since, until);
  select count(*), coalesce(jsonb_agg(to_jsonb(f) - 'place') filter (where f.place <= 100), '[]')
  into found_count, found
  from (
    select v.*, row_number() over () as place
    from audit_private.verify_time(null, since, until) v
  ) f;
  perform audit_private.note_verification(reverify_step.run_id, since, until, found_count, found);
  perform audit_private.note_place(
    reverify_step.run_id, jsonb_set(run.place, '{weeks}', (run.place -> 'weeks') - 0));
  return 'more';
end
$$;

ALTER FUNCTION audit_private.reverify_step(run_id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.reverify_step(run_id uuid) IS 'verifies a week of events and keeps what it found: more to do, or done; a step of reverify_events';

CREATE FUNCTION audit_private.rough_patterns(texts text[]) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select array_agg(r.pattern)
  from unnest(rough_patterns.texts) as t (value)
  cross join lateral (
    select '%' || p.part || '%' as pattern
    from regexp_split_to_table(btrim(t.value), E'["''\\\\%_[:cntrl:]]') as p (part)
    order by length(p.part) desc
    limit 1
  ) r
$$;

ALTER FUNCTION audit_private.rough_patterns(texts text[]) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.rough_patterns(texts text[]) IS 'patterns for ilike that match whatever holds one of the texts in any writing, and more';

CREATE FUNCTION audit_private.row_changes(tenant_id uuid, entity_type text, entity_id text) RETURNS TABLE(sequence bigint, transaction_id bigint, occurred_at timestamp with time zone, is_start boolean, is_end boolean, target jsonb, changes jsonb)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    SET "DateStyle" TO 'ISO, YMD'
    AS $_$
declare
  condition constant text := format(
    'e.source = ''captured'' and (e.entity_type = %1$L and e.entity_id = %2$L or e.action = %3$L)',
    row_changes.entity_type, row_changes.entity_id, audit_private.capture_action(row_changes.entity_type, 'TRUNCATE'));
  span record;
  times timestamptz[];
  ids uuid[];
begin
  for span in select w.* from audit_private.event_windows(null, null) w loop
    select array_agg(f.occurred_at), array_agg(f.id) into times, ids
    from audit_private.find_events(
      row_changes.tenant_id, condition, span.window_from, span.window_until, null, null, 2147483647) f;
    continue when ids is null;
    return query execute format(
      'select e.sequence, e.transaction_id, e.occurred_at,
        e.action = %1$L or coalesce(e.metadata ? ''moved_from'', false),
        e.action in (%2$L, %3$L) or coalesce(e.metadata ? ''moved_to'', false),
        case when e.action <> %3$L and e.description is not null then e.target end, e.changes
      from unnest($1, $2) as k (occurred_at, id)
      join audit_private.readable_event e
        on e.tenant_id = %4$L::uuid and e.occurred_at = k.occurred_at and e.id = k.id
      where e.occurred_at between %5$L::timestamptz and %6$L::timestamptz',
      audit_private.capture_action(row_changes.entity_type, 'INSERT'),
      audit_private.capture_action(row_changes.entity_type, 'DELETE'),
      audit_private.capture_action(row_changes.entity_type, 'TRUNCATE'),
      row_changes.tenant_id, times[cardinality(times)], times[1])
    using times, ids;
  end loop;
end
$_$;

ALTER FUNCTION audit_private.row_changes(tenant_id uuid, entity_type text, entity_id text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.row_changes(tenant_id uuid, entity_type text, entity_id text) IS 'what was captured of one row: where its lives begin and end, with snapshots, and the changes between';

CREATE FUNCTION audit_private.row_columns(watched audit_private.watched_table, relation regclass, alias text) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET quote_all_identifiers TO 'off'
    AS $$
  select string_agg(
    format('%s as %I',
      case
        when c.treatment <> 'value' then format('%L::jsonb', jsonb_build_object('withheld', c.treatment, 'changed', true))
        when alias = 'o' then c.old_value
        else c.new_value
      end,
      c.name),
    E',\n        ' order by c.place)
  from audit_private.capture_columns(row_columns.watched, row_columns.relation) c
  where c.treatment <> 'left out'
    and (alias = 'n' or watched.keep_deleted_values or c.is_key or c.name = watched.label_column)
$$;

ALTER FUNCTION audit_private.row_columns(watched audit_private.watched_table, relation regclass, alias text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.row_columns(watched audit_private.watched_table, relation regclass, alias text) IS 'a select list for the snapshot of a row: of the new one under n, of the old one under o';

CREATE FUNCTION audit_private.scheduler_database() RETURNS name
    LANGUAGE sql SECURITY DEFINER PARALLEL RESTRICTED
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select coalesce(
    (select current_database() from pg_extension e where e.extname = 'pg_cron'),
    (select a.datname from pg_stat_activity a where a.application_name = 'pg_cron scheduler' order by a.pid limit 1))
$$;

ALTER FUNCTION audit_private.scheduler_database() OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.scheduler_database() IS 'the database in which pg_cron keeps its jobs; null where it does not run';

CREATE FUNCTION audit_private.seal_entry(seal audit_private.seal) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select concat(
    E'pgwitness/seal/1\n', audit_private.log_origin(seal.epoch), E'\n', seal.tenant_id, E'\n', seal.seal_number, E'\n',
    audit_private.microseconds(seal.sealed_at), E'\n', seal.snapshot, E'\n', seal.event_count, E'\n',
    seal.running_count, E'\n', audit_private.microseconds(seal.first_at), E'\n',
    audit_private.microseconds(seal.last_at), E'\n', encode(seal.events_root, 'hex'), E'\n',
    encode(seal.previous, 'hex'), E'\n')
$$;

ALTER FUNCTION audit_private.seal_entry(seal audit_private.seal) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.seal_entry(seal audit_private.seal) IS 'a seal as the log holds it, as FORMAT.md lays down';

CREATE FUNCTION audit_private.seal_step() RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    SET enable_seqscan TO 'off'
    SET "DateStyle" TO 'ISO, YMD'
    AS $$
declare
  seen constant pg_snapshot := pg_current_snapshot();
  own constant xid8 := pg_current_xact_id_if_assigned();
  before audit_private.sealing;
  after audit_private.sealing;
  moment constant timestamptz := clock_timestamp();
  is_settled boolean;
  raised bigint;
  fresh text;
  first_at timestamptz;
  last_at timestamptz;
  sealed bigint;
  made bigint;
begin
  if own is not null then
    raise exception using
      errcode = 'WT130',
      message = 'events can''t be sealed in a transaction that has written',
      detail = 'What it has yet to write would be taken for sealed.',
      hint = 'call audit.seal_events(); outside any transaction block';
  end if;
  perform audit_private.require_read_committed();
  select s.* into before from audit_private.sealing s for update;
  if (audit_private.current_epoch()).epoch is not null then
    return 'moved';
  end if;
  if not coalesce(pg_visible_in_snapshot(before.sealed_in, seen), true) then
    return 'again';
  end if;

  select i.transaction_offset into raised from audit_private.instance i;
  is_settled := before.is_caught_up or not exists (
    select
    from pg_stat_activity a
    join pg_database d on d.oid = a.datid and d.datname = current_database()
    where a.pid <> pg_backend_pid() and age(a.backend_xmin) >= age(before.raised_in::xid)
  );
  after := before;
  after.snapshot_xmin := raised + pg_snapshot_xmin(seen)::text::bigint;
  after.snapshot_xmax := raised + pg_snapshot_xmax(seen)::text::bigint;
  after.snapshot_xips := array(
    select raised + x::text::bigint from pg_snapshot_xip(seen) as x order by 1);

  fresh := format('%s and not %s', audit_private.unsealed_condition(before), audit_private.unsealed_condition(after));
  execute format(
    'select min(e.occurred_at), max(e.occurred_at) from audit_private.event e where %s', fresh)
  into first_at, last_at;
  if first_at is not null or not before.is_caught_up then
    execute format(
      'with fresh as (
        select e.tenant_id, e.occurred_at, e.id, coalesce(audit_private.leaf_of_event(e), %L) as leaf
        from audit_private.event e
        where %s and e.occurred_at >= %L::timestamptz and e.occurred_at <= %L::timestamptz%s
      ),
      placed as (
        select n.*, n.place / 1024 as part
        from (
          select f.*, row_number() over (partition by f.tenant_id order by f.occurred_at, f.id) - 1 as place
          from fresh f
        ) n
        order by n.tenant_id, part, n.place
      ),
      parts as materialized (
        select p.tenant_id, p.part::integer, count(*)::integer as event_count, min(p.occurred_at) as first_at,
          max(p.occurred_at) as last_at, array_agg(p.occurred_at) as times, array_agg(p.id) as ids,
          string_agg(p.leaf, '''') as leaves
        from placed p
        group by p.tenant_id, p.part
      )
      insert into audit_private.seal_part (
        tenant_id, seal_number, part, event_count, first_at, last_at, root, times, ids, leaves
      )
      select p.tenant_id, coalesce(l.seal_number, 0) + 1, p.part, p.event_count, p.first_at, p.last_at,
        audit_private.merkle_root(p.leaves), p.times, p.ids, p.leaves
      from parts p
      join audit_private.tenant t on t.tenant_id = p.tenant_id
      left join lateral (
        select s.seal_number from audit_private.seal s
        where s.tenant_id = p.tenant_id
        order by s.seal_number desc
        limit 1
      ) l on true',
      decode(repeat('00', 32), 'hex'), fresh, first_at, last_at,
      case when not before.is_caught_up then audit_private.unlisted_statement(raised) else '' end);
  end if;

  with last as (
    select t.tenant_id, l.*
    from audit_private.tenant t
    left join lateral (
      select s.seal_number, s.sealed_at, s.running_count, s.seal_hash
      from audit_private.seal s
      where s.tenant_id = t.tenant_id
      order by s.seal_number desc
      limit 1
    ) l on true
  ),
  listed as (
    select l.tenant_id, l.seal_number, l.running_count, l.seal_hash, p.*
    from last l
    cross join lateral (
      select coalesce(sum(p.event_count), 0) as event_count, min(p.first_at) as first_at, max(p.last_at) as last_at,
        audit_private.merkle_root(string_agg(p.root, '')) as events_root
      from (
        select q.* from audit_private.seal_part q
        where q.tenant_id = l.tenant_id and q.seal_number = coalesce(l.seal_number, 0) + 1
        order by q.part
      ) p
    ) p
    where p.event_count > 0
      or l.sealed_at < moment - (
        select o.value::integer * interval '1 minute' from audit_private.option o where o.name = 'seal_silence_minutes'
      ) and exists (select from audit_private.tenant t where t.tenant_id = l.tenant_id and t.retired_at is null)
  ),
  made as (
    select (
      l.tenant_id, coalesce(l.seal_number, 0) + 1,
      before.log_size + row_number() over (order by l.tenant_id) - 1,
      before.epoch, moment,
      concat(after.snapshot_xmin, ':', after.snapshot_xmax, ':', array_to_string(after.snapshot_xips, ',')),
      l.event_count, coalesce(l.running_count, 0) + l.event_count, l.first_at, l.last_at, l.events_root,
      coalesce(l.seal_hash, decode(repeat('00', 32), 'hex')), ''
    )::audit_private.seal as seal
    from listed l
  ),
  stored as (
    insert into audit_private.seal
    select (m.seal).tenant_id, (m.seal).seal_number, (m.seal).log_index, (m.seal).epoch, (m.seal).sealed_at,
      (m.seal).snapshot, (m.seal).event_count, (m.seal).running_count, (m.seal).first_at, (m.seal).last_at,
      (m.seal).events_root, (m.seal).previous, audit_private.hash_of_seal(m.seal)
    from made m
    returning log_index, seal_hash, event_count
  ),
  leaves as (
    insert into audit_private.tree_node (level, position, hash)
    select 0, s.log_index, s.seal_hash from stored s
  )
  select count(*), coalesce(sum(s.event_count), 0) into made, sealed from stored s;
  perform audit_private.grow_log(before.log_size, before.log_size + made);

  update audit_private.sealing s
  set sealed_at = moment, sealed_in = pg_current_xact_id(), snapshot_xmin = after.snapshot_xmin,
    snapshot_xmax = after.snapshot_xmax, snapshot_xips = after.snapshot_xips, log_size = before.log_size + made,
    is_caught_up = is_settled;
  return case made when 0 then 'nothing to do' else format('%s events sealed in %s seals', sealed, made) end;
end
$$;

ALTER FUNCTION audit_private.seal_step() OWNER TO audit_finder;

COMMENT ON FUNCTION audit_private.seal_step() IS 'seals every event that was committed since the last run, and says what it did; a step of seal_events';

CREATE FUNCTION audit_private.sealed_tenants() RETURNS SETOF uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  with recursive sealed as (
    (select s.tenant_id from audit_private.seal s order by s.tenant_id limit 1)
    union all
    select (
      select s.tenant_id from audit_private.seal s where s.tenant_id > w.tenant_id order by s.tenant_id limit 1
    )
    from sealed w
    where w.tenant_id is not null
  )
  select w.tenant_id from sealed w where w.tenant_id is not null
$$;

ALTER FUNCTION audit_private.sealed_tenants() OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.sealed_tenants() IS 'tenants that have a seal, also when they are registered no more';

CREATE FUNCTION audit_private.seals_between(tenant_id uuid, from_time timestamp with time zone, until_time timestamp with time zone) RETURNS SETOF audit_private.seal
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  select s.*
  from audit_private.seal s
  where s.tenant_id = seals_between.tenant_id
    and s.last_at - s.first_at <= interval '1 hour'
    and s.last_at >= seals_between.from_time
    and s.last_at < seals_between.until_time + interval '1 hour'
    and s.first_at < seals_between.until_time
  union all
  select s.*
  from audit_private.seal s
  where s.tenant_id = seals_between.tenant_id
    and s.last_at - s.first_at > interval '1 hour'
    and s.last_at >= seals_between.from_time
    and s.first_at < seals_between.until_time
$$;

ALTER FUNCTION audit_private.seals_between(tenant_id uuid, from_time timestamp with time zone, until_time timestamp with time zone) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.seals_between(tenant_id uuid, from_time timestamp with time zone, until_time timestamp with time zone) IS 'a tenant''s seals that may list an event between two times';

CREATE FUNCTION audit_private.search_pattern(key text, value jsonb) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if jsonb_typeof(search_pattern.value) <> 'string'
    or length(btrim(search_pattern.value #>> '{}')) not between 1 and 1000
  then
    perform audit_private.refuse_filter(search_pattern.key, search_pattern.value, 'a text of 1 to 1,000 characters');
  end if;
  return '%'
    || replace(replace(replace(search_pattern.value #>> '{}', E'\\', E'\\\\'), '%', E'\\%'), '_', E'\\_')
    || '%';
end
$$;

ALTER FUNCTION audit_private.search_pattern(key text, value jsonb) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.search_pattern(key text, value jsonb) IS 'a pattern for ilike that finds the text anywhere, with %, _ and \ standing for themselves';

CREATE FUNCTION audit_private.search_text_v1(description text, actor jsonb, target jsonb, metadata jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $_$
  select pg_catalog.concat_ws(
    E'\n',
    description,
    (
      select pg_catalog.string_agg(v.value #>> '{}', E'\n')
      from pg_catalog.jsonb_path_query(
        pg_catalog.jsonb_build_array(actor, target, metadata),
        'strict $.** ? (@.type() == "string" || @.type() == "number")'
      ) as v (value)
    )
  )
$_$;

ALTER FUNCTION audit_private.search_text_v1(description text, actor jsonb, target jsonb, metadata jsonb) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.search_text_v1(description text, actor jsonb, target jsonb, metadata jsonb) IS 'the text that free search looks through: description and every value of the snapshots and the metadata';

CREATE FUNCTION audit_private.seen_condition(seen text) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET "DateStyle" TO 'ISO, YMD'
    AS $_$
declare
  first_page constant jsonb := seen_condition.seen;
begin
  return format(
    'case
      when e.transaction_id = %1$s then e.recorded_at <= %2$L::timestamptz
      when e.transaction_id < %3$s then e.transaction_id <> all (%4$L::bigint[])
      else e.transaction_id <> coalesce((select i.transaction_offset + pg_current_xact_id_if_assigned()::text::bigint from audit_private.instance i), 0)
        and e.transaction_id >= (select i.transaction_offset + pg_snapshot_xmax(pg_current_snapshot())::text::bigint from audit_private.instance i)
    end',
    (first_page ->> 'own')::bigint,
    timestamptz '1970-01-01 00:00:00+00' + (first_page ->> 'at')::bigint * interval '1 microsecond',
    (first_page ->> 'end')::bigint,
    translate(first_page ->> 'running', '[] ', '{}')::bigint[]);
end
$_$;

ALTER FUNCTION audit_private.seen_condition(seen text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.seen_condition(seen text) IS 'a condition on audit_private.event e: the first page of a cursor could see it';

CREATE FUNCTION audit_private.sees_all_tenants() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL RESTRICTED
    AS $$
  select r.name in ('audit_owner', 'audit_keeper')
    or pg_catalog.pg_has_role(r.name, 'audit_operator', 'usage')
    or pg_catalog.pg_has_role(r.name, 'audit_auditor', 'usage')
  from audit_private.effective_role() as r (name)
$$;

ALTER FUNCTION audit_private.sees_all_tenants() OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.sees_all_tenants() IS 'whether the role administers or audits every tenant';

CREATE FUNCTION audit_private.skip_partition(run_id uuid, error text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  place constant jsonb := (
    select r.place from audit_private.job_run r where r.run_id = skip_partition.run_id and r.result = 'running');
begin
  perform audit_private.note_purge_error(
    skip_partition.run_id, null, format('%s: %s', place -> 'partitions' -> 0 ->> 'name', skip_partition.error));
  perform audit_private.note_place(
    skip_partition.run_id, jsonb_set(place - '{tenants,from}'::text[], '{partitions}', (place -> 'partitions') - 0));
  return case when place -> 'partitions' -> 1 is null then 'done' else 'more' end;
end
$$;

ALTER FUNCTION audit_private.skip_partition(run_id uuid, error text) OWNER TO audit_keeper;

COMMENT ON FUNCTION audit_private.skip_partition(run_id uuid, error text) IS 'leaves a partition for the next purge, and says why; more to do, or done; a step of purge_events';

CREATE FUNCTION audit_private.spool_actor(OUT actor_id text, OUT actor_type text, OUT actor jsonb) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  select a.actor_id, a.actor_type, a.actor into actor_id, actor_type, actor from audit_private.current_actor() a;
  if length(actor_id) > 500 then
    perform audit_private.refuse_actor(actor_type, actor);
  end if;
exception when others then
  actor_id := audit_private.effective_role();
  actor_type := 'database_role';
  actor := null;
end
$$;

ALTER FUNCTION audit_private.spool_actor(OUT actor_id text, OUT actor_type text, OUT actor jsonb) OWNER TO audit_writer;

COMMENT ON FUNCTION audit_private.spool_actor(OUT actor_id text, OUT actor_type text, OUT actor jsonb) IS 'the current actor, or where the context names none that is valid, the database role';

CREATE FUNCTION audit_private.spool_handler(watched audit_private.watched_table) RETURNS text
    LANGUAGE sql IMMUTABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
  select audit_private.fill_template($template$
exception when others then
  capture.failure := sqlstate || case when sqlstate ~ '^WT' then ' ' || sqlerrm else '' end;
  capture.moment := coalesce(capture.moment, clock_timestamp());
  capture.recorder := coalesce(capture.recorder, audit_private.recorded_by());
«tenant»  select a.actor_id, a.actor_type, a.actor into capture.acting_id, capture.acting_type, capture.acting
  from audit_private.spool_actor() a;
  perform audit_private.warn_of_spooling(«entity_type», capture.failure);
  begin
    execute audit_private.rare_statement(«entity_type», tg_relid::regclass, tg_op, 'spooled', capture.is_altered is not true)
    using «values»;
  exception when others then
    insert into audit_private.capture_spool (
      tenant_id, spooled_at, entity_type, action, actor_id, actor_type, actor, recorded_by, is_whole, error
    )
    values (
      capture.tenant, capture.moment, «entity_type», audit_private.capture_action(«entity_type», tg_op),
      capture.acting_id, capture.acting_type, capture.acting, capture.recorder, false, capture.failure
    );
  end;
end;
$template$,
    jsonb_build_object(
      'entity_type', quote_literal(watched.entity_type),
      'values', audit_private.rare_values(watched),
      'tenant', case
        when watched.tenant_column is null
          then E'  capture.tenant := coalesce(capture.tenant, audit_private.visible_tenant());\n'
        else ''
      end))
$_$;

ALTER FUNCTION audit_private.spool_handler(watched audit_private.watched_table) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.spool_handler(watched audit_private.watched_table) IS 'PL/pgSQL with which a generated function keeps what could not be logged';

CREATE FUNCTION audit_private.spool_statement(watched audit_private.watched_table, relation regclass, operation text, names jsonb) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select format(
    E'insert into audit_private.capture_spool (\n'
    '    tenant_id, spooled_at, entity_type, action, entity_id, description, changes, target, metadata,\n'
    '    actor_id, actor_type, actor, recorded_by, is_whole, error\n'
    '  )\n'
    '  select r.tenant_id, %s, %L, %L, r.entity_id, r.description, r.changes, r.target, r.metadata, %s, %s, %s, %s, true, %s\n'
    '  from (\n'
    '    %s\n'
    '  ) r\n'
    '  where r.changes <> ''{}'' or r.target is not null',
    names ->> 'moment', watched.entity_type, audit_private.capture_action(watched.entity_type, operation),
    names ->> 'acting_id', names ->> 'acting_type', names ->> 'acting', names ->> 'recorder', names ->> 'failure',
    audit_private.capture_rows(watched, relation, operation, 'spooled', names))
$$;

ALTER FUNCTION audit_private.spool_statement(watched audit_private.watched_table, relation regclass, operation text, names jsonb) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.spool_statement(watched audit_private.watched_table, relation regclass, operation text, names jsonb) IS 'SQL that keeps the rows of a statement that could not be logged';

CREATE FUNCTION audit_private.start_exports() RETURNS uuid[]
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  tenants uuid[];
  ended record;
  waiting record;
  begun record;
begin
  perform audit_private.require_read_committed();
  if exists (select from audit_private.export x where x.state = 'pending') then
    perform audit_private.pass_gate();
  end if;
  tenants := array(
    select o.tenant_id
    from (
      select distinct x.tenant_id from audit_private.export x where x.state in ('pending', 'running', 'completed') offset 0
    ) o
    where audit_private.may_export(o.tenant_id)
  );
  delete from audit_private.export_chunk c
  using audit_private.export x
  where x.state in ('completed', 'running')
    and x.tenant_id = any (tenants)
    and audit_private.export_state(x) in ('cancelled', 'expired')
    and c.tenant_id = x.tenant_id
    and c.export_id = x.export_id;
  update audit_private.export x
  set state = audit_private.export_state(x), finished_at = coalesce(x.finished_at, clock_timestamp())
  where x.state in ('pending', 'running', 'completed')
    and x.tenant_id = any (tenants)
    and not x.is_straight
    and x.state <> audit_private.export_state(x);
  for ended in
    select x.export_id, audit_private.export_problem(x) as problem
    from audit_private.export x
    where x.state = 'running' and x.tenant_id = any (tenants) and audit_private.export_problem(x) is not null
  loop
    perform audit_private.fail_export(ended.export_id, ended.problem);
  end loop;

  for waiting in
    select distinct x.tenant_id
    from audit_private.export x
    where (x.state = 'pending' or x.state = 'running' and x.process_id is not null) and x.tenant_id = any (tenants)
  loop
    perform from audit_private.tenant t where t.tenant_id = waiting.tenant_id for no key update skip locked;
    continue when not found;
    update audit_private.export x
    set state = 'pending', process_id = null, rows = 0, bytes = 0
    where x.tenant_id = waiting.tenant_id
      and x.state = 'running'
      and x.process_id is not null
      and not audit_private.has_worker(x);
    for begun in
      select x.export_id, x.resolved_filter
      from audit_private.export x
      where x.tenant_id = waiting.tenant_id and x.state = 'pending' and not x.is_straight
      order by x.requested_at, x.export_id
      limit audit_private.exports_left(waiting.tenant_id)
    loop
      begin
        update audit_private.export x
        set state = 'running',
          started_at = clock_timestamp(),
          incarnation = audit_private.current_incarnation(),
          condition = format('(%s) and (e.transaction_id < %s or %s) and (%s)',
            audit_private.retained_condition(waiting.tenant_id),
            v.seen_before, audit_private.seen_condition(v.seen),
            audit_private.export_condition(begun.resolved_filter)),
          spans = array(
            select tstzrange(w.window_from, w.window_until)
            from audit_private.filter_bounds(begun.resolved_filter) b
            cross join lateral audit_private.event_windows(b.from_time, b.until_time)
              with ordinality as w (window_from, window_until, place)
            order by w.place
          )
        from (
          select n.seen, (
              select min(t.number::bigint)
              from jsonb_array_elements_text(n.seen::jsonb -> 'running' || (n.seen::jsonb -> 'own') || (n.seen::jsonb -> 'end'))
                as t (number)
            ) as seen_before
          from audit_private.current_view() as n (seen)
        ) v
        where x.tenant_id = waiting.tenant_id and x.export_id = begun.export_id and x.state = 'pending';
      exception when others then
        perform audit_private.fail_export(begun.export_id, sqlerrm);
      end;
    end loop;
  end loop;
  return array(
    select x.export_id
    from audit_private.export x
    where x.state = 'running' and x.tenant_id = any (tenants) and not x.is_straight and x.process_id is null
    order by x.started_at
  );
end
$$;

ALTER FUNCTION audit_private.start_exports() OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.start_exports() IS 'ends what was cancelled or has expired, begins what waits, and gives the exports that are running; a step of run_exports';

CREATE FUNCTION audit_private.store_batch(tenant_id uuid, events jsonb) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    AS $$
declare
  context_actor_id text;
  context_actor_type text;
  context_actor jsonb;
  context_ip constant inet := nullif(current_setting('pgwitness.ip', true), '')::inet;
  context_user_agent constant text := left(nullif(current_setting('pgwitness.user_agent', true), ''), 1000);
  context_request_id constant text := left(nullif(current_setting('pgwitness.request_id', true), ''), 500);
  recorder constant text := audit_private.recorded_by();
  recorded constant timestamptz := clock_timestamp();
  current_transaction bigint;
  end_of_partitions timestamptz;
  stored bigint;
begin
  select i.transaction_offset + txid_current(), i.events_until
  into current_transaction, end_of_partitions
  from audit_private.instance i;
  select a.actor_id, a.actor_type, a.actor
  into context_actor_id, context_actor_type, context_actor
  from audit_private.current_actor() a;

  insert into audit_private.event (
    tenant_id, occurred_at, id, recorded_at, sequence, transaction_id, salt, source, action, entity_type,
    actor_type, outcome, recorded_by, actor_id, entity_id, description, actor, target, changes, metadata,
    ip, user_agent, request_id, error_message
  )
  select
    store_batch.tenant_id, n.occurred_at,
    audit_private.new_event_id(n.occurred_at, n.place), recorded, n.place,
    current_transaction, gen_random_uuid(), 'logged', n.action, n.entity_type, n.actor_type, n.outcome, recorder,
    n.actor_id, n.entity_id, n.description, n.actor, n.target, n.changes, n.metadata, context_ip,
    context_user_agent, context_request_id, n.error_message
  from (
    select e.index, e.action, e.entity_type, e.entity_id, e.description, e.metadata, e.target, e.changes,
      e.outcome, e.error_message, coalesce(e.occurred_at, recorded) as occurred_at,
      coalesce(e.actor_id, case
        when e.actor_type is null or context_actor_type <> 'database_role' then context_actor_id
      end) as actor_id,
      coalesce(e.actor_type, case when e.actor_id is null then context_actor_type else 'user' end) as actor_type,
      coalesce(e.actor, case when e.actor_id is null then context_actor end) as actor,
      nextval('audit_private.event_sequence') as place
    from audit_private.batch_events(store_batch.events) e
    left join audit_private.logging_decision d
      on d.tenant_id = store_batch.tenant_id and d.action = e.action
    left join audit_private.entity_type t on t.entity_type = e.entity_type
    where case
      when d.is_logged is null or t.entity_type is null
        then audit_private.refuse_codes(store_batch.tenant_id, e.action, e.entity_type, 'event ' || e.index)
      when not d.is_mandatory
        and audit_private.is_valid_event(
          e.description, e.outcome, e.error_message, e.entity_id, e.actor_id,
          coalesce(e.actor_type, 'user'), e.actor, e.target, e.changes)
        and audit_private.payload_bytes(
          e.description, coalesce(e.actor, context_actor), e.target, e.changes, e.metadata, e.error_message)
          <= d.payload_limit
        and coalesce(e.occurred_at, recorded)
          between recorded - interval '24 hours' and recorded + interval '5 minutes'
        and coalesce(e.occurred_at, recorded) < end_of_partitions
        then d.is_logged
      else audit_private.refuse_event(
        'event ' || e.index, e.action, e.description, e.outcome, e.error_message,
        e.entity_id, e.actor_id, coalesce(e.actor_type, 'user'), e.actor, e.target, e.changes, d.is_mandatory,
        coalesce(e.occurred_at, recorded), recorded - interval '24 hours', recorded + interval '5 minutes',
        end_of_partitions,
        audit_private.payload_bytes(
          e.description, coalesce(e.actor, context_actor), e.target, e.changes, e.metadata, e.error_message),
        d.payload_limit)
      end
    order by e.index
  ) n;
  get diagnostics stored = row_count;
  return stored;
end
$$;

ALTER FUNCTION audit_private.store_batch(tenant_id uuid, events jsonb) OWNER TO audit_writer;

COMMENT ON FUNCTION audit_private.store_batch(tenant_id uuid, events jsonb) IS 'logs a batch as one statement; returns how many events were stored';

CREATE FUNCTION audit_private.store_export(session audit_private.access_session, filter jsonb, format text, is_straight boolean) RETURNS audit_private.export
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  asked constant jsonb := coalesce(store_export.filter, '{}');
  resolved jsonb;
  stored audit_private.export;
begin
  perform audit_private.check_format(store_export.format);
  perform audit_private.filter_condition(asked);
  resolved := asked || jsonb_strip_nulls(jsonb_build_object(
    'from', audit_private.filter_time(asked, 'from'), 'to', audit_private.filter_time(asked, 'to')));
  insert into audit_private.export (
    tenant_id, is_straight, format, filter, resolved_filter, state, started_at, incarnation, requested_by, actor_id,
    actor_type, access_id
  )
  values (
    (store_export.session).tenant_id, store_export.is_straight, store_export.format, asked, resolved,
    case when store_export.is_straight then 'running' else 'pending' end,
    case when store_export.is_straight then clock_timestamp() end,
    case when store_export.is_straight then audit_private.current_incarnation() end,
    audit_private.recorded_by(), (store_export.session).actor_id, (store_export.session).actor_type,
    (store_export.session).access_id
  )
  returning * into stored;
  perform audit_private.write_export_event(
    stored, 'requested', pg_catalog.format('Asked for an export of the log (%s)', stored.format), store_export.session);
  return stored;
end
$$;

ALTER FUNCTION audit_private.store_export(session audit_private.access_session, filter jsonb, format text, is_straight boolean) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.store_export(session audit_private.access_session, filter jsonb, format text, is_straight boolean) IS 'notes and logs that an export was asked for; raises WT040 and WT120';

CREATE FUNCTION audit_private.store_one_by_one(tenant_id uuid, events jsonb) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

ALTER FUNCTION audit_private.store_one_by_one(tenant_id uuid, events jsonb) OWNER TO audit_writer;

COMMENT ON FUNCTION audit_private.store_one_by_one(tenant_id uuid, events jsonb) IS 'logs a batch event by event; returns how many were stored; a refusal names the index';

CREATE FUNCTION audit_private.store_toggle(tenant_id uuid, action text, code text, enabled boolean) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  if store_toggle.action = 'logging_toggled' then
    update audit_private.tenant t
    set is_logging_enabled = store_toggle.enabled
    where t.tenant_id = store_toggle.tenant_id;
  elsif store_toggle.action = 'category_logging_toggled' then
    delete from audit_private.category_toggle g
    where g.tenant_id = store_toggle.tenant_id and g.category = store_toggle.code
      and store_toggle.enabled is null;
    insert into audit_private.category_toggle (tenant_id, category, is_enabled)
    select store_toggle.tenant_id, store_toggle.code, store_toggle.enabled
    where store_toggle.enabled is not null
    on conflict on constraint category_toggle_pkey do update set is_enabled = excluded.is_enabled;
  else
    delete from audit_private.action_toggle o
    where o.tenant_id = store_toggle.tenant_id and o.action = store_toggle.code
      and store_toggle.enabled is null;
    insert into audit_private.action_toggle (tenant_id, action, is_enabled)
    select store_toggle.tenant_id, store_toggle.code, store_toggle.enabled
    where store_toggle.enabled is not null
    on conflict on constraint action_toggle_pkey do update set is_enabled = excluded.is_enabled;
  end if;
end
$$;

ALTER FUNCTION audit_private.store_toggle(tenant_id uuid, action text, code text, enabled boolean) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.store_toggle(tenant_id uuid, action text, code text, enabled boolean) IS 'stores one toggle, named by the action of its event; null removes it';

CREATE FUNCTION audit_private.summarize_events() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET lock_timeout TO '100ms'
    AS $$
begin
  perform brin_summarize_new_values(x.indexrelid)
  from audit_private.event_partitions() p
  join pg_class c on c.relnamespace = 'audit_private'::regnamespace and c.relname = p.partition_name
  join pg_index x on x.indrelid = c.oid
  join pg_class i on i.oid = x.indexrelid
  join pg_am m on m.oid = i.relam
  where m.amname = 'brin' and clock_timestamp() between p.from_time and p.until_time + interval '1 day';
exception when lock_not_available or undefined_table or undefined_object then
  null;
end
$$;

ALTER FUNCTION audit_private.summarize_events() OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.summarize_events() IS 'brings the index of transaction numbers up to date for the partitions that are written to; a step of seal_events';

CREATE FUNCTION audit_private.survivors_statement(partition_name text, partition_until timestamp with time zone, at timestamp with time zone) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
  select audit_private.deletion_gate(
    survivors_statement.partition_name, survivors_statement.partition_until, survivors_statement.at) || format(
    ', present as (
      (select e.tenant_id from audit_private.%1$I e order by e.tenant_id limit 1)
      union all
      select (
        select e.tenant_id from audit_private.%1$I e
        where e.tenant_id > p.tenant_id
        order by e.tenant_id
        limit 1
      )
      from present p
      where p.tenant_id is not null
    ),
    staying as (
      select p.tenant_id, timestamptz ''-infinity'' as from_time
      from present p
      where p.tenant_id is not null and not exists (select from due d where d.tenant_id = p.tenant_id)
      union all
      select d.tenant_id, d.removable_before from due d where d.removable_before < %2$L::timestamptz
    )
    select s.event
    from staying t
    cross join lateral (
      select e::audit_private.event as event
      from audit_private.%1$I e
      where e.tenant_id = t.tenant_id and e.occurred_at >= t.from_time
      offset 0
    ) s
    union all
    select e::audit_private.event
    from audit_private.%1$I e
    where e.ctid = any (array(select k.place from kept k))',
    survivors_statement.partition_name, survivors_statement.partition_until)
$_$;

ALTER FUNCTION audit_private.survivors_statement(partition_name text, partition_until timestamp with time zone, at timestamp with time zone) OWNER TO audit_keeper;

COMMENT ON FUNCTION audit_private.survivors_statement(partition_name text, partition_until timestamp with time zone, at timestamp with time zone) IS 'SQL that gives the events that a purge leaves in a partition';

CREATE FUNCTION audit_private.tell_erasure(tenant_id uuid, erasure_id uuid, erased bigint, held bigint, exports bigint) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
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

ALTER FUNCTION audit_private.tell_erasure(tenant_id uuid, erasure_id uuid, erased bigint, held bigint, exports bigint) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.tell_erasure(tenant_id uuid, erasure_id uuid, erased bigint, held bigint, exports bigint) IS 'writes the event of an erasure: how much, and never whose';

CREATE FUNCTION audit_private.text_condition(columns text, key text, value jsonb, uses_index boolean) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select case when text_condition.value #>> '{}' !~ E'["\\\\[:cntrl:]]' then
      format('coalesce(concat_ws(%L, %s) ilike %L, false) and ', E'\n', text_condition.columns, p.pattern)
    else '' end
    || format(
      case when text_condition.uses_index then 'audit_private.search_text_v1(%s) ilike %L'
        else 'coalesce(audit_private.search_text_v1(%s) ilike %L, false)' end,
      text_condition.columns, p.pattern)
  from (
    select audit_private.search_pattern(text_condition.key, text_condition.value) as pattern
  ) p
$$;

ALTER FUNCTION audit_private.text_condition(columns text, key text, value jsonb, uses_index boolean) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.text_condition(columns text, key text, value jsonb, uses_index boolean) IS 'a text is found in these arguments of search_text_v1, by its index or row by row';

CREATE FUNCTION audit_private.texts_within(document jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $_$
  select pg_catalog.string_agg(t.value #>> '{}', E'\n')
  from (
    select pg_catalog.jsonb_path_query(document, 'strict $.** ? (@.type() == "string" || @.type() == "number")')
    union all
    select pg_catalog.jsonb_path_query(document, 'strict $.** ? (@.type() == "object").keyvalue().key')
  ) as t (value)
$_$;

ALTER FUNCTION audit_private.texts_within(document jsonb) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.texts_within(document jsonb) IS 'every text, number and name of a member in a document, a line each';

CREATE FUNCTION audit_private.truncation_statement(watched audit_private.watched_table) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
  select format(
    E'insert into audit_private.event (\n'
    '      tenant_id, occurred_at, id, recorded_at, sequence, transaction_id, salt, source, action, entity_type,\n'
    '      actor_type, outcome, recorded_by, actor_id, description, actor, metadata, ip, user_agent, request_id\n'
    '    )\n'
    '    select d.tenant_id, capture.moment,\n'
    '      audit_private.new_event_id(capture.moment, nextval(''audit_private.event_sequence'')), capture.moment,\n'
    '      currval(''audit_private.event_sequence''), capture.transaction_number, gen_random_uuid(), ''captured'',\n'
    '      %1$L, %2$L, capture.acting_type, ''success'', capture.recorder, capture.acting_id, %3$L, capture.acting,\n'
    '      jsonb_build_object(''rows_estimated'', coalesce(\n'
    '        (select sum(pg_stat_get_live_tuples(p.relid)) from pg_partition_tree(tg_relid) p where p.isleaf),\n'
    '        pg_stat_get_live_tuples(tg_relid))),\n'
    '      capture.ip, capture.user_agent, capture.request_id\n'
    '    from audit_private.logging_decision d\n'
    '    where d.action = %1$L and d.is_logged and d.tenant_id = coalesce(capture.tenant, d.tenant_id)',
    audit_private.capture_action(watched.entity_type, 'TRUNCATE'), watched.entity_type,
    audit_private.entity_title(watched.entity_type) || ': all rows removed')
$_$;

ALTER FUNCTION audit_private.truncation_statement(watched audit_private.watched_table) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.truncation_statement(watched audit_private.watched_table) IS 'SQL of a generated function that logs that a table was emptied';

CREATE FUNCTION audit_private.unlisted_statement(transaction_offset bigint) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select format(
    '
      union all
      select e.tenant_id, e.occurred_at, e.id, coalesce(audit_private.leaf_of_event(e), %L)
      from audit_private.event e
      where e.transaction_id < %s
        and not exists (
          select
          from (
            select p.tenant_id, l.occurred_at, l.id
            from (
              select q.tenant_id, q.times, q.ids,
                audit_private.removed_places(q.tenant_id, q.seal_number, q.part) as removed
              from audit_private.seal_part q
              offset 0
            ) p
            cross join lateral unnest(p.times, p.ids) with ordinality as l (occurred_at, id, place)
            where p.removed is null or get_bit(p.removed, l.place::integer - 1) = 0
          ) l
          where l.tenant_id = e.tenant_id and l.occurred_at = e.occurred_at and l.id = e.id
        )', decode(repeat('00', 32), 'hex'), transaction_offset)
$$;

ALTER FUNCTION audit_private.unlisted_statement(transaction_offset bigint) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.unlisted_statement(transaction_offset bigint) IS 'more rows for a run to seal: events written before the offset was raised that no seal lists';

CREATE TABLE audit_private.sealing (
    is_only boolean DEFAULT true NOT NULL,
    epoch integer DEFAULT 0 NOT NULL,
    sealed_at timestamp with time zone,
    sealed_in xid8,
    snapshot_xmin bigint DEFAULT 0 NOT NULL,
    snapshot_xmax bigint DEFAULT 0 NOT NULL,
    snapshot_xips bigint[] DEFAULT '{}'::bigint[] NOT NULL,
    log_size bigint DEFAULT 0 NOT NULL,
    is_caught_up boolean DEFAULT true NOT NULL,
    raised_in xid8,
    CONSTRAINT sealing_is_only_check CHECK (is_only)
);

ALTER TABLE audit_private.sealing OWNER TO audit_owner;

COMMENT ON TABLE audit_private.sealing IS 'one row: what the last run of seal_events saw';

COMMENT ON COLUMN audit_private.sealing.is_only IS 'always true, so that there is only one row';

COMMENT ON COLUMN audit_private.sealing.epoch IS 'the epoch; 0 before the first run';

COMMENT ON COLUMN audit_private.sealing.sealed_at IS 'when it last ran';

COMMENT ON COLUMN audit_private.sealing.sealed_in IS 'the transaction that did';

COMMENT ON COLUMN audit_private.sealing.snapshot_xmin IS 'all earlier transactions had ended';

COMMENT ON COLUMN audit_private.sealing.snapshot_xmax IS 'this transaction and all later ones had not begun';

COMMENT ON COLUMN audit_private.sealing.snapshot_xips IS 'transactions between those two that had not ended';

COMMENT ON COLUMN audit_private.sealing.log_size IS 'seals in the log';

COMMENT ON COLUMN audit_private.sealing.is_caught_up IS 'false until a run of this epoch has sealed what an earlier one left unsealed';

COMMENT ON COLUMN audit_private.sealing.raised_in IS 'the transaction that raised the offset of transaction numbers last; one with an older snapshot may use the old one';

CREATE FUNCTION audit_private.unsealed_condition(state audit_private.sealing) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select format('(e.transaction_id >= %s%s)', state.snapshot_xmax,
    case when state.snapshot_xips <> '{}' then format(' or e.transaction_id = any (%L::bigint[])', state.snapshot_xips) else '' end)
$$;

ALTER FUNCTION audit_private.unsealed_condition(state audit_private.sealing) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.unsealed_condition(state audit_private.sealing) IS 'a condition on audit_private.event e: a run of seal_events did not see it';

CREATE FUNCTION audit_private.value_condition(column_name text, chosen text[]) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
  select case
    when cardinality(c.present) = 0 and not c.has_null then 'false'
    when cardinality(c.present) = 0 then format('e.%I is null', value_condition.column_name)
    when c.has_null then format('(e.%1$I = any (%2$L::text[]) or e.%1$I is null)', value_condition.column_name, c.present)
    when cardinality(c.present) = 1 then format('e.%I = %L', value_condition.column_name, c.present[1])
    else format('e.%I = any (%L::text[])', value_condition.column_name, c.present)
  end
  from (
    select array_remove(value_condition.chosen, null) as present,
      array_position(value_condition.chosen, null) is not null as has_null
  ) c
$_$;

ALTER FUNCTION audit_private.value_condition(column_name text, chosen text[]) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.value_condition(column_name text, chosen text[]) IS 'a text column of audit_private.event e has one of the values';

CREATE FUNCTION audit_private.value_literal(value jsonb, relation regclass, column_name text) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET quote_all_identifiers TO 'off'
    SET standard_conforming_strings TO 'on'
    AS $$
  select case
    when value is null or value = 'null' then 'null'
    when a.atttypid = 'jsonb'::regtype or t.typbasetype = 'jsonb'::regtype then quote_literal(value)
    when jsonb_typeof(value) in ('array', 'object') then format(
      '(jsonb_populate_record(null::%s, %L)).%I', relation, jsonb_build_object(column_name, value), column_name)
    else quote_literal(value #>> '{}')
  end
  from pg_attribute a
  join pg_type t on t.oid = a.atttypid
  where a.attrelid = value_literal.relation and a.attname = value_literal.column_name and not a.attisdropped
$$;

ALTER FUNCTION audit_private.value_literal(value jsonb, relation regclass, column_name text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.value_literal(value jsonb, relation regclass, column_name text) IS 'SQL for a captured value as a value of a column; null when there is no such column';

CREATE FUNCTION audit_private.verify_chains(tenant uuid, from_time timestamp with time zone, until_time timestamp with time zone) RETURNS SETOF audit_private.finding
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    AS $$
  with wanted as (
    select s as seal
    from audit_private.sealed_tenants() as t (tenant_id)
    cross join lateral audit_private.seals_between(t.tenant_id, verify_chains.from_time, verify_chains.until_time) s
    where verify_chains.tenant is null or t.tenant_id = verify_chains.tenant
    union all
    select s
    from audit_private.seal s
    where (verify_chains.tenant is null or s.tenant_id = verify_chains.tenant)
      and s.sealed_at >= verify_chains.from_time
      and s.sealed_at < verify_chains.until_time
      and (s.last_at >= verify_chains.from_time and s.first_at < verify_chains.until_time) is not true
  ),
  checked as materialized (
    select w.seal, p as before, n.hash as logged
    from wanted w
    left join audit_private.seal p
      on p.tenant_id = (w.seal).tenant_id and p.seal_number = (w.seal).seal_number - 1
    left join audit_private.tree_node n on n.level = 0 and n.position = (w.seal).log_index
  )
  select f.kind, (c.seal).tenant_id, (c.seal).seal_number, null::uuid, (c.seal).sealed_at, f.detail
  from checked c
  cross join lateral (
    values
      ('broken_chain', audit_private.hash_of_seal(c.seal) <> (c.seal).seal_hash, 'the seal was changed'),
      ('broken_chain', (c.seal).seal_hash is distinct from c.logged, 'the log holds another seal in its place'),
      ('missing_seal', (c.seal).seal_number > 1 and (c.before).tenant_id is null, 'the seal before it is missing'),
      ('broken_chain',
        (c.seal).previous <> coalesce((c.before).seal_hash, decode(repeat('00', 32), 'hex'))
          and ((c.before).tenant_id is not null or (c.seal).seal_number = 1),
        'it does not follow the seal before it'),
      ('broken_chain',
        (c.seal).running_count <> (c.seal).event_count
          + case when (c.seal).seal_number = 1 then 0 else (c.before).running_count end,
        'the running count does not add up'),
      ('reordered', (c.seal).log_index <= (c.before).log_index,
        'it stands in the log before the seal that it follows')
  ) as f (kind, is_found, detail)
  where f.is_found
$$;

ALTER FUNCTION audit_private.verify_chains(tenant uuid, from_time timestamp with time zone, until_time timestamp with time zone) OWNER TO audit_finder;

COMMENT ON FUNCTION audit_private.verify_chains(tenant uuid, from_time timestamp with time zone, until_time timestamp with time zone) IS 'what is wrong with the seals of a time, of one tenant or all';

CREATE FUNCTION audit_private.verify_erasure_counts(tenant uuid) RETURNS SETOF audit_private.finding
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    AS $$
  with told as (
    select e.tenant_id, e.entity_id, min(e.occurred_at) as occurred_at, sum((e.metadata ->> 'erased')::bigint) as erased
    from audit_private.event e
    where (verify_erasure_counts.tenant is null or e.tenant_id = verify_erasure_counts.tenant)
      and e.occurred_at >= statement_timestamp() - interval '365 days'
      and e.action in ('subject_erased', 'events_erased')
      and e.source = 'system'
      and e.metadata ->> 'kind' <> 'data'
    group by e.tenant_id, e.entity_id
  ),
  noted as (
    select x.tenant_id, x.erasure_id::text as entity_id, x.requested_at, n.erased
    from audit_private.erasure x
    cross join lateral (
      select count(*) as erased from audit_private.erased_event n
      where n.tenant_id = x.tenant_id and n.erasure_id = x.erasure_id
    ) n
    where (verify_erasure_counts.tenant is null or x.tenant_id = verify_erasure_counts.tenant)
      and x.kind <> 'data'
      and x.requested_at >= statement_timestamp() - interval '364 days'
  )
  select 'unexplained_erasure', tenant_id, null::bigint, null::uuid, coalesce(t.occurred_at, n.requested_at),
    format('erasure %s: events tell of %s events erased, and %s are noted', entity_id, coalesce(t.erased, 0),
      coalesce(n.erased, 0))
  from told t
  full join noted n using (tenant_id, entity_id)
  where coalesce(t.erased, 0) <> coalesce(n.erased, 0)
    and (n.entity_id is not null or not exists (
      select from audit_private.erasure x
      where x.tenant_id = t.tenant_id and x.erasure_id::text = t.entity_id
    ))
$$;

ALTER FUNCTION audit_private.verify_erasure_counts(tenant uuid) OWNER TO audit_finder;

COMMENT ON FUNCTION audit_private.verify_erasure_counts(tenant uuid) IS 'erasures that are not what their events say';

CREATE FUNCTION audit_private.verify_holds(tenant uuid) RETURNS SETOF audit_private.finding
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    SET "TimeZone" TO 'UTC'
    AS $$
  with told as materialized (
    select e.tenant_id, e.occurred_at, e.id, e.action, e.entity_id, e.entity_id_digest is not null as is_unnamed,
      e.metadata -> 'filter' as filter
    from audit_private.event e
    where (verify_holds.tenant is null or e.tenant_id = verify_holds.tenant)
      and e.occurred_at >= statement_timestamp() - interval '365 days'
      and e.action in ('hold_placed', 'hold_released')
      and e.source = 'system'
  )
  select 'dangling_hold', h.tenant_id, null::bigint, null::uuid, h.placed_at,
    format('hold %s stands, and no event tells that it was placed', h.hold_id)
  from audit_private.legal_hold h
  where (verify_holds.tenant is null or h.tenant_id = verify_holds.tenant)
    and h.released_at is null
    and h.placed_at >= statement_timestamp() - interval '365 days'
    and not exists (
      select from told t
      where t.tenant_id = h.tenant_id and t.action = 'hold_placed' and t.occurred_at >= h.placed_at
        and (t.entity_id = h.name and coalesce(t.filter = h.filter, true) or t.is_unnamed)
    )
  union all
  select 'dangling_hold', h.tenant_id, null, null, h.placed_at,
    format('hold %s holds something else than its filter says', h.hold_id)
  from audit_private.legal_hold h
  cross join lateral (
    select bool_or(array(select v from unnest(c.held) as v order by v) <> array(
      select distinct v.value #>> '{}'
      from jsonb_array_elements(case jsonb_typeof(h.filter -> c.key)
        when 'array' then h.filter -> c.key else jsonb_build_array(h.filter -> c.key) end) as v (value)
      where h.filter ? c.key
      order by 1)) as is_wrong
    from (
      values
        (h.sources, 'source'), (h.categories, 'category'), (h.actions, 'action'), (h.entity_types, 'entity_type'),
        (h.actor_types, 'actor_type'), (h.outcomes, 'outcome'), (h.actor_ids, 'actor_id'), (h.entity_ids, 'entity_id'),
        (h.ids::text[], 'id')
    ) as c (held, key)
  ) c
  cross join lateral (
    select bool_or(isfinite(c.held) <> (h.filter ? c.key) or isfinite(c.held) and left(h.filter ->> c.key, 10)
      not between to_char(c.held - interval '2 days', 'YYYY-MM-DD') and to_char(c.held + interval '2 days', 'YYYY-MM-DD'))
      as is_wrong
    from (values (h.from_time, 'from'), (h.until_time, 'to')) as c (held, key)
  ) t
  where (verify_holds.tenant is null or h.tenant_id = verify_holds.tenant)
    and h.released_at is null
    and (c.is_wrong or t.is_wrong)
  union all
  select 'dangling_hold', h.tenant_id, null, null, h.released_at,
    format('hold %s was released, and no event tells of it', h.hold_id)
  from audit_private.legal_hold h
  where (verify_holds.tenant is null or h.tenant_id = verify_holds.tenant)
    and greatest(h.released_at, h.placed_at) >= statement_timestamp() - interval '365 days'
    and h.released_at is not null
    and not exists (
      select from told t
      where t.tenant_id = h.tenant_id and t.action = 'hold_released'
        and t.occurred_at >= h.released_at and t.occurred_at >= h.placed_at
        and (t.entity_id = h.name or t.is_unnamed)
    )
  union all
  select 'dangling_hold', t.tenant_id, null, t.id, t.occurred_at,
    case t.action when 'hold_placed' then 'a hold was placed that is not there'
      else 'a hold was released that still stands' end
  from told t
  where not t.is_unnamed
    and case t.action
      when 'hold_placed' then not exists (
        select from audit_private.legal_hold h
        where h.tenant_id = t.tenant_id and h.name = t.entity_id and h.placed_at <= t.occurred_at
      )
      else exists (
        select from audit_private.legal_hold h
        where h.tenant_id = t.tenant_id and h.name = t.entity_id and h.released_at is null
          and h.placed_at < t.occurred_at
      )
    end
$$;

ALTER FUNCTION audit_private.verify_holds(tenant uuid) OWNER TO audit_finder;

COMMENT ON FUNCTION audit_private.verify_holds(tenant uuid) IS 'holds that do not agree with the events that tell of them';

CREATE FUNCTION audit_private.verify_leaves(tenant uuid, from_time timestamp with time zone, until_time timestamp with time zone) RETURNS SETOF audit_private.finding
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    SET work_mem TO '64MB'
    SET enable_memoize TO 'off'
    SET "DateStyle" TO 'ISO, YMD'
    AS $_$
declare
  state audit_private.sealing;
  next_transaction_id bigint;
begin
  select s.* into state from audit_private.sealing s;
  select i.transaction_offset + greatest(
      pg_snapshot_xmax(pg_current_snapshot())::text::bigint, pg_current_xact_id_if_assigned()::text::bigint + 1)
  into next_transaction_id
  from audit_private.instance i;
  return query execute format(
    'with part as (
      select p.*, b.sealed_at as known_at, b.known_before, b.known_open, b.known_since
      from audit_private.sealed_tenants() as t (tenant_id)
      cross join lateral audit_private.seals_between(t.tenant_id, %2$L::timestamptz, %3$L::timestamptz) s
      left join lateral (
        select case when p.sealed_at <= s.sealed_at then p.sealed_at end as sealed_at,
          split_part(p.snapshot, '':'', 2)::bigint as known_before,
          string_to_array(nullif(split_part(p.snapshot, '':'', 3), ''''), '','')::bigint[] as known_open,
          case
            when exists (select from audit_private.epoch o where o.epoch = s.epoch and o.kind = ''dump_restored'')
              then split_part(s.snapshot, '':'', 2)::bigint - 2147483648
            else 0
          end as known_since
        from audit_private.seal p
        where p.tenant_id = s.tenant_id and p.seal_number = s.seal_number - 1
          and p.snapshot ~ ''^[0-9]{1,18}:[0-9]{1,18}:([0-9]{1,18}(,[0-9]{1,18})*)?$''
          and s.snapshot ~ ''^[0-9]{1,18}:[0-9]{1,18}:''
        offset 0
      ) b on true
      join audit_private.seal_part p on p.tenant_id = s.tenant_id and p.seal_number = s.seal_number
      where p.last_at >= %2$L::timestamptz and p.first_at < %3$L::timestamptz and %1$s
      offset 0
    ),
    listed as (
      select p.tenant_id, p.seal_number, p.known_at, p.known_before, p.known_open, p.known_since, l.*
      from part p
      cross join lateral (
        select u.occurred_at, u.id, substr(d.leaves, u.place * 32 - 31, 32) as leaf
        from (
          select p.leaves || '''' as leaves, audit_private.removed_places(p.tenant_id, p.seal_number, p.part) as removed
          offset 0
        ) d
        cross join (
          select unnest(p.times) as occurred_at, unnest(p.ids) as id, generate_series(1, cardinality(p.times)) as place
        ) u
        where u.occurred_at >= %2$L::timestamptz and u.occurred_at < %3$L::timestamptz
          and (d.removed is null or get_bit(d.removed, u.place - 1) = 0)
        offset 0
      ) l
    ),
    present as (
      select e.tenant_id, e.occurred_at, e.id, audit_private.leaf_of_event(e) as leaf, e.recorded_at, e.transaction_id,
        %4$s as is_unsealed,
        e.payload_digest is not null and num_nonnulls(
            e.description, e.actor, e.target, e.changes, e.metadata, e.ip, e.user_agent, e.request_id, e.error_message) > 0
          or e.entity_id_digest is not null and e.entity_id is not null
          or e.actor_id_digest is not null and e.actor_id !~ ''^erased-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$''
          as has_erased,
        case when num_nonnulls(e.actor_id_digest, e.entity_id_digest, e.payload_digest) > 0 then array_remove(array[
          case when e.actor_id_digest is not null then ''actor_id'' end,
          case when e.entity_id_digest is not null then ''entity_id'' end,
          case when e.payload_digest is not null then ''payload'' end], null) end as erased_groups,
        e.source = ''captured'' as is_captured
      from audit_private.event e
      where e.occurred_at >= %2$L::timestamptz and e.occurred_at < %3$L::timestamptz and %5$s
      offset 0
    ),
    found as (
      select f.kind, tenant_id, l.seal_number, id, occurred_at, f.detail, e.erased_groups, e.is_captured
      from listed l
      full join present e using (tenant_id, occurred_at, id)
      cross join lateral (
        select coalesce(
          e.transaction_id < l.known_before and e.transaction_id > l.known_since
            and (e.transaction_id = any (l.known_open)) is not true, false)
      ) as o (was_over)
      cross join lateral (
        select
          l.leaf = e.leaf and not e.has_erased
          and (e.transaction_id >= l.known_before and e.recorded_at < l.known_at - interval ''15 minutes'') is not true
          and not o.was_over
      ) as r (is_right)
      cross join lateral (
        select
          case
            when r.is_right then null
            when e.recorded_at is null then ''missing_event''
            when l.seal_number is null and not e.is_unsealed then ''extra_event''
            when l.seal_number is null then
              case when %6$L and e.recorded_at < statement_timestamp() - interval ''15 minutes'' then ''unsealed'' end
            when l.leaf is distinct from e.leaf or e.has_erased then ''changed_event''
            else ''extra_event''
          end,
          case
            when e.recorded_at is null then ''sealed, and neither there nor named by a receipt''
            when l.seal_number is null and not e.is_unsealed then ''there, and in no seal, though its transaction was sealed''
            when l.seal_number is null then ''no run of seal_events has sealed it''
            when l.leaf is distinct from e.leaf then ''not as it was sealed''
            when e.has_erased then ''erased, and yet there is content that no seal holds''
            when o.was_over then ''sealed late: its transaction was over before the seal before it''
            else format(''says that it was recorded at %%s, and was written after %%s'', e.recorded_at, l.known_at)
          end
      ) as f (kind, detail)
      where f.kind is not null or e.erased_groups is not null
    )
    select f.kind, f.tenant_id, coalesce(f.seal_number, r.seal_number), f.id, f.occurred_at,
      case when r.seal_number is null then f.detail else ''there, though a receipt says that it was removed'' end
    from found f
    left join lateral (
      select s.seal_number
      from audit_private.seals_between(f.tenant_id, f.occurred_at, f.occurred_at + interval ''1 microsecond'') s
      join audit_private.seal_part p on p.tenant_id = s.tenant_id and p.seal_number = s.seal_number
      where f.kind = ''extra_event'' and f.seal_number is null and f.id = any (p.ids)
      limit 1
    ) r on true
    where f.kind is not null
    union all
    select ''unexplained_erasure'', f.tenant_id, null, f.id, f.occurred_at,
      ''erased, and no erasure tells of it: '' || string_agg(distinct g.name, '', '' order by g.name)
    from found f
    cross join lateral unnest(f.erased_groups) as g (name)
    where not exists (
        select from audit_private.erased_event x
        where x.tenant_id = f.tenant_id and x.occurred_at = f.occurred_at and x.event_id = f.id and g.name = any (x.groups)
      )
      and not (f.is_captured and exists (
        select from audit_private.erasure x where x.tenant_id = f.tenant_id and x.kind = ''data''
      ))
    group by f.tenant_id, f.id, f.occurred_at',
    case when verify_leaves.tenant is null then 'true' else format('t.tenant_id = %L::uuid', verify_leaves.tenant) end,
    verify_leaves.from_time, verify_leaves.until_time,
    case when not state.is_caught_up or coalesce((audit_private.current_epoch()).kind = 'dump_restored', false) then 'true'
      else format('(%s and e.transaction_id < %s)', audit_private.unsealed_condition(state), next_transaction_id) end,
    case when verify_leaves.tenant is null then 'true' else format('e.tenant_id = %L::uuid', verify_leaves.tenant) end,
    coalesce(state.sealed_at < statement_timestamp() - interval '15 minutes', true));
end
$_$;

ALTER FUNCTION audit_private.verify_leaves(tenant uuid, from_time timestamp with time zone, until_time timestamp with time zone) OWNER TO audit_finder;

COMMENT ON FUNCTION audit_private.verify_leaves(tenant uuid, from_time timestamp with time zone, until_time timestamp with time zone) IS 'events of a time that were changed, are missing, are there though no seal knows them, or are erased though no erasure tells of it';

CREATE FUNCTION audit_private.verify_lists(tenant uuid, from_time timestamp with time zone, until_time timestamp with time zone) RETURNS SETOF audit_private.finding
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    SET work_mem TO '64MB'
    AS $$
  with checked as materialized (
    select s.tenant_id, s.seal_number, s.event_count, s.first_at, s.last_at, s.events_root
    from audit_private.sealed_tenants() as t (tenant_id)
    cross join lateral audit_private.seals_between(t.tenant_id, verify_lists.from_time, verify_lists.until_time) s
    where verify_lists.tenant is null or t.tenant_id = verify_lists.tenant
  ),
  listed as materialized (
    select c.tenant_id, c.seal_number, p.part, p.event_count, p.first_at, p.last_at, p.root, r.is_right
    from checked c
    join audit_private.seal_part p on p.tenant_id = c.tenant_id and p.seal_number = c.seal_number
    cross join lateral (
      select p.root = audit_private.merkle_root(p.leaves || '')
        and (p.event_count, p.event_count, octet_length(p.leaves), p.first_at, p.last_at)
          is not distinct from (
            cardinality(p.times), cardinality(p.ids), p.event_count * 32, p.times[1], p.times[p.event_count]) as is_right
      offset 0
    ) r
  ),
  summed as (
    select l.tenant_id, l.seal_number, sum(l.event_count) as event_count, min(l.first_at) as first_at,
      max(l.last_at) as last_at, audit_private.merkle_root(string_agg(l.root, '' order by l.part)) as events_root
    from listed l
    group by l.tenant_id, l.seal_number
  ),
  spanned as (
    select p.tenant_id, p.seal_number, p.part, coalesce(m.moments[1], '-infinity') as lowest,
      coalesce(m.moments[cardinality(m.moments)], 'infinity') as highest, m.moments = p.times as is_ascending
    from checked c
    join audit_private.seal_part p on p.tenant_id = c.tenant_id and p.seal_number = c.seal_number
    cross join lateral (select array(select distinct unnest(p.times) as moment order by moment) as moments offset 0) m
  ),
  suspected as (
    select o.tenant_id, o.seal_number, o.part
    from (
      select s.*, max(s.highest) over (w rows between unbounded preceding and 1 preceding) as highest_before,
        lead(s.lowest) over w as lowest_after
      from spanned s
      window w as (partition by s.tenant_id order by s.lowest, s.seal_number, s.part)
    ) o
    where not o.is_ascending or o.lowest <= o.highest_before or o.highest >= o.lowest_after
  ),
  twice as materialized (
    select u.tenant_id, u.occurred_at, u.id, min(u.seal_number) as first_seal, max(u.seal_number) as last_seal
    from (
      select p.tenant_id, p.seal_number, l.occurred_at, l.id
      from suspected o
      join audit_private.seal_part p on p.tenant_id = o.tenant_id and p.seal_number = o.seal_number and p.part = o.part
      cross join lateral unnest(p.times, p.ids) as l (occurred_at, id)
      where l.occurred_at >= verify_lists.from_time and l.occurred_at < verify_lists.until_time
    ) u
    group by u.tenant_id, u.occurred_at, u.id
    having count(*) > 1
  )
  select 'missing_list', c.tenant_id, c.seal_number, null::uuid, c.first_at,
    format('the list of its %s events is missing, and receipts explain the removal of %s', c.event_count, r.removed)
  from checked c
  cross join lateral audit_private.removed_count(c.tenant_id, c.seal_number, c.event_count) as r (removed)
  where not exists (select from summed w where w.tenant_id = c.tenant_id and w.seal_number = c.seal_number)
    and r.removed < c.event_count
  union all
  select 'broken_chain', c.tenant_id, c.seal_number, null, c.first_at, 'its list was changed'
  from checked c
  join summed w on w.tenant_id = c.tenant_id and w.seal_number = c.seal_number
  where (w.event_count, w.first_at, w.last_at, w.events_root)
    is distinct from (c.event_count, c.first_at, c.last_at, c.events_root)
  union all
  select 'broken_chain', l.tenant_id, l.seal_number, null, l.first_at, format('part %s of its list was changed', l.part)
  from listed l
  where not l.is_right
  union all
  select 'extra_event', d.tenant_id, d.last_seal, d.id, d.occurred_at,
    format('listed %s times, by seals %s to %s', n.listings, d.first_seal, d.last_seal)
  from twice d
  cross join lateral (
    select count(*) as listings
    from audit_private.seal_part p
    cross join lateral (
      select audit_private.removed_places(p.tenant_id, p.seal_number, p.part) as places offset 0
    ) b
    cross join lateral unnest(p.times, p.ids) with ordinality as l (occurred_at, id, place)
    where p.tenant_id = d.tenant_id
      and p.seal_number between d.first_seal and d.last_seal
      and d.occurred_at between p.first_at and p.last_at
      and l.occurred_at = d.occurred_at
      and l.id = d.id
      and (b.places is null or get_bit(b.places, l.place::integer - 1) = 0)
  ) n
  where n.listings > 1
$$;

ALTER FUNCTION audit_private.verify_lists(tenant uuid, from_time timestamp with time zone, until_time timestamp with time zone) OWNER TO audit_finder;

COMMENT ON FUNCTION audit_private.verify_lists(tenant uuid, from_time timestamp with time zone, until_time timestamp with time zone) IS 'what is wrong with the lists of seals that have an event in a time';

CREATE FUNCTION audit_private.verify_log() RETURNS SETOF audit_private.finding
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    AS $$
  select 'cut_tail', null::uuid, null::bigint, null::uuid, s.sealed_at,
    format('the log should have %s seals, and has %s up to place %s', s.log_size, n.nodes, n.last)
  from audit_private.sealing s
  cross join (
    select count(*) as nodes, max(t.position) as last from audit_private.tree_node t where t.level = 0
  ) n
  where (n.nodes, coalesce(n.last, -1)) <> (s.log_size, s.log_size - 1)
  union all
  select 'missing_seal', null, null, null, null,
    format('the seal at place %s of the log is missing', t.position)
  from audit_private.tree_node t
  where t.level = 0
    and not exists (select from audit_private.seal s where s.log_index = t.position)
  union all
  select 'broken_chain', null, null, null, null,
    format('node %s of level %s of the log was changed', t.position, t.level)
  from audit_private.tree_node t
  left join audit_private.tree_node l on l.level = t.level - 1 and l.position = t.position * 2
  left join audit_private.tree_node r on r.level = t.level - 1 and r.position = t.position * 2 + 1
  where t.level > 0 and t.hash is distinct from sha256('\x01'::bytea || l.hash || r.hash)
  union all
  select 'broken_chain', null, null, null, null,
    format('level %s of the log should have %s nodes, and has %s', h.level, s.log_size >> h.level, n.nodes)
  from audit_private.sealing s
  cross join generate_series(1, audit_private.log_level(s.log_size)) as h (level)
  cross join lateral (select count(*) as nodes from audit_private.tree_node t where t.level = h.level) n
  where n.nodes <> s.log_size >> h.level
$$;

ALTER FUNCTION audit_private.verify_log() OWNER TO audit_finder;

COMMENT ON FUNCTION audit_private.verify_log() IS 'what is wrong with the tree over all seals';

CREATE FUNCTION audit_private.verify_removals(tenant uuid, from_time timestamp with time zone, until_time timestamp with time zone) RETURNS SETOF audit_private.finding
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    AS $$
  with run as (
    select r.tenant_id, r.run_id
    from audit_private.purge_receipt r
    where (verify_removals.tenant is null or r.tenant_id = verify_removals.tenant)
      and r.removed > 0
      and r.newest_removed_at >= verify_removals.from_time
      and r.oldest_removed_at < verify_removals.until_time
    union
    select s.tenant_id, r.run_id
    from audit_private.sealed_tenants() as t (tenant_id)
    cross join lateral audit_private.seals_between(t.tenant_id, verify_removals.from_time, verify_removals.until_time) s
    cross join lateral (
      select p.run_id
      from audit_private.part_removal p
      where p.tenant_id = s.tenant_id and p.seal_number = s.seal_number
      union all
      select w.run_id
      from (
        select m.run_id, m.first_seal
        from audit_private.seal_removal m
        where m.tenant_id = s.tenant_id and m.last_seal >= s.seal_number
        order by m.last_seal
        limit 1
      ) w
      where w.first_seal <= s.seal_number
    ) r
    where verify_removals.tenant is null or t.tenant_id = verify_removals.tenant
  ),
  purge as materialized (
    select u.tenant_id, u.run_id, r.run_id is not null as has_receipt, coalesce(r.removed, 0) as removed, r.cutoff, r.is_told,
      j.started_at, j.finished_at, p.days as policy_days, n.noted,
      coalesce(r.oldest_removed_at, n.oldest_at) as oldest_at, greatest(n.newest_at, r.newest_removed_at) as newest_at
    from run u
    left join audit_private.purge_receipt r on r.tenant_id = u.tenant_id and r.run_id = u.run_id
    left join audit_private.job_run j on j.run_id = u.run_id
    left join lateral (
      select p.days from audit_private.policies_in_force(j.started_at) p where p.tenant_id = u.tenant_id
    ) p on true
    cross join lateral (
      select coalesce(sum(m.removed), 0) as noted, min(m.oldest_at) as oldest_at, max(m.newest_at) as newest_at
      from (
        select s.removed, w.oldest_at, w.newest_at
        from audit_private.seal_removal s
        cross join lateral (
          select min(l.first_at) as oldest_at, max(l.last_at) as newest_at from audit_private.seal l
          where l.tenant_id = s.tenant_id and l.seal_number between s.first_seal and s.last_seal
        ) w
        where s.tenant_id = u.tenant_id and s.run_id = u.run_id
        union all
        select p.removed, l.first_at, coalesce(w.newest_at, case
          when exists (
              select
              from audit_private.part_removal o
              join audit_private.purge_receipt q on q.tenant_id = o.tenant_id and q.run_id = o.run_id
              where o.tenant_id = p.tenant_id and o.seal_number = p.seal_number and q.cutoff > r.cutoff
            )
            or audit_private.is_emptied(p.tenant_id, p.seal_number)
          then l.first_at else l.last_at end)
        from audit_private.part_removal p
        left join audit_private.seal l on l.tenant_id = p.tenant_id and l.seal_number = p.seal_number
        left join lateral (
          select max(i.occurred_at) as newest_at
          from audit_private.seal_part q
          cross join lateral unnest(q.times) with ordinality as i (occurred_at, place)
          where q.tenant_id = p.tenant_id and q.seal_number = p.seal_number and q.part = p.part
            and get_bit(p.places, i.place::integer - 1) = 1
        ) w on true
        where p.tenant_id = u.tenant_id and p.run_id = u.run_id
      ) m
    ) n
  ),
  told as materialized (
    select e.entity_id, e.entity_id_digest is not null as is_unnamed, e.payload_digest is not null as is_erased,
      e.metadata ->> 'tenant_id' as tenant_id, e.metadata ->> 'removals' as removals
    from audit_private.event e
    where e.occurred_at >= (select min(p.finished_at) - interval '1 day' from purge p)
      and e.tenant_id = any (array(select p.tenant_id from purge p) || uuid '00000000-0000-0000-0000-000000000000')
      and e.action = 'events_purged'
      and e.source = 'system'
  )
  select f.kind, r.tenant_id, null::bigint, null::uuid, r.oldest_at, format('purge %s: %s', r.run_id, f.detail)
  from purge r
  cross join lateral (
    values
      ('early_purge', r.newest_at >= r.cutoff,
        format('removed an event of %s, and its cut-off was %s', r.newest_at, r.cutoff)),
      ('early_purge',
        r.has_receipt and (r.policy_days is null or (r.cutoff <= r.started_at - r.policy_days * interval '24 hours') is not true),
        format('its cut-off was %s, and the policy kept events for %s days', r.cutoff, coalesce(r.policy_days::text, 'all'))),
      ('unexplained_purge', not r.has_receipt, 'there is no receipt of it'),
      ('unexplained_purge', greatest(r.started_at, r.finished_at) > statement_timestamp() + interval '1 hour',
        format('says that it ran at %s', r.started_at)),
      ('unexplained_purge', r.has_receipt and r.noted <> r.removed,
        format('removed %s events, of which seals list %s', r.removed, r.noted)),
      ('unexplained_purge',
        coalesce(r.finished_at, r.started_at)
            between statement_timestamp() - interval '364 days' and statement_timestamp() - interval '2 days'
          and not r.is_told,
        'no event tells of it'),
      ('unexplained_purge',
        r.finished_at > statement_timestamp() - interval '364 days' and r.is_told and not exists (
          select
          from told t
          where (t.entity_id = r.run_id::text or t.is_unnamed)
            and (
              t.tenant_id = r.tenant_id::text and t.removals = audit_private.removals_digest(r.tenant_id, r.run_id)
              or t.is_erased
            )
        ),
        'the event that tells of it is missing or says otherwise')
  ) as f (kind, is_found, detail)
  where f.is_found
$$;

ALTER FUNCTION audit_private.verify_removals(tenant uuid, from_time timestamp with time zone, until_time timestamp with time zone) OWNER TO audit_finder;

COMMENT ON FUNCTION audit_private.verify_removals(tenant uuid, from_time timestamp with time zone, until_time timestamp with time zone) IS 'purges of events of a time that were not due, or that are not what their receipts and events say';

CREATE FUNCTION audit_private.verify_settings(tenant uuid) RETURNS SETOF audit_private.finding
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    AS $$
  with told as materialized (
    select e.tenant_id, e.occurred_at, e.action, e.entity_id, e.changes, e.payload_digest is not null as is_erased,
      (e.metadata ->> 'takes_effect_at')::timestamptz as takes_effect_at, e.metadata ->> 'role' as role_name
    from audit_private.event e
    where e.occurred_at >= statement_timestamp() - interval '365 days'
      and e.action in ('retention_set', 'tenant_granted', 'option_changed')
      and e.source = 'system'
  )
  select 'untold_setting', s.tenant_id, null::bigint, null::uuid, s.set_at, s.detail
  from (
    select p.tenant_id, p.set_at, format('a retention of %s days stands, and no event tells that it was set',
        coalesce(p.days::text, 'unlimited')) as detail, exists (
        select from told t
        where t.action = 'retention_set' and t.tenant_id = p.tenant_id and t.occurred_at >= p.set_at and (t.is_erased
          or t.takes_effect_at = p.takes_effect_at
            and (t.changes #> '{days,new}', t.changes #> '{is_exact,new}')
              = (coalesce(to_jsonb(p.days), 'null'), to_jsonb(p.is_exact)))
      ) as is_told
    from audit_private.retention_policy p
    union all
    select '00000000-0000-0000-0000-000000000000', f.set_at,
      format('a floor of category %s stands, and no event tells that it was set', f.category), exists (
        select from told t
        where t.action = 'retention_set' and t.entity_id = f.category and t.occurred_at >= f.set_at and (t.is_erased
          or t.takes_effect_at = f.takes_effect_at
            and t.changes #> '{floor_days,new}' = coalesce(to_jsonb(f.days), 'null'))
      )
    from audit_private.retention_floor f
    union all
    select g.tenant_id, g.granted_at, format('role %I may act for the tenant, and no event tells of it', g.role_name), exists (
        select from told t
        where t.action = 'tenant_granted' and t.tenant_id = g.tenant_id and t.occurred_at >= g.granted_at
          and (t.is_erased or t.role_name = g.role_name::text)
      )
    from audit_private.tenant_grant g
    union all
    select '00000000-0000-0000-0000-000000000000', g.granted_at,
      format('role %I may act for every tenant, and no event tells of it', g.role_name), exists (
        select from told t
        where t.action = 'tenant_granted' and t.occurred_at >= g.granted_at
          and t.tenant_id = '00000000-0000-0000-0000-000000000000'
          and (t.is_erased or t.role_name = g.role_name::text)
      )
    from audit_private.service_grant g
    union all
    select '00000000-0000-0000-0000-000000000000', coalesce(o.changed_at, statement_timestamp()),
      format('option %s is %s, and no event tells of it', o.name, o.value), exists (
        select from told t
        where t.action = 'option_changed' and t.entity_id = o.name and t.occurred_at >= o.changed_at
          and (t.is_erased or t.changes #>> '{value,new}' = o.value)
      )
    from audit_private.option o
    where o.value <> o.default_value
  ) s
  where not s.is_told
    and s.set_at >= statement_timestamp() - interval '365 days'
    and (verify_settings.tenant is null or s.tenant_id = verify_settings.tenant)
$$;

ALTER FUNCTION audit_private.verify_settings(tenant uuid) OWNER TO audit_finder;

COMMENT ON FUNCTION audit_private.verify_settings(tenant uuid) IS 'policies, floors, grants and options that no event tells of';

CREATE FUNCTION audit_private.verify_standing(tenant uuid) RETURNS SETOF audit_private.finding
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select l.* from audit_private.verify_log() l where verify_standing.tenant is null
  union all
  select h.* from audit_private.verify_holds(verify_standing.tenant) h
  union all
  select e.* from audit_private.verify_erasure_counts(verify_standing.tenant) e
  union all
  select s.* from audit_private.verify_settings(verify_standing.tenant) s
$$;

ALTER FUNCTION audit_private.verify_standing(tenant uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.verify_standing(tenant uuid) IS 'all that is wrong with the log as a whole, with holds, with what erasures count and with settings, of one tenant or all';

CREATE FUNCTION audit_private.verify_time(tenant uuid, from_time timestamp with time zone, until_time timestamp with time zone) RETURNS SETOF audit_private.finding
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select c.* from audit_private.verify_chains(verify_time.tenant, verify_time.from_time, verify_time.until_time) c
  union all
  select l.* from audit_private.verify_lists(verify_time.tenant, verify_time.from_time, verify_time.until_time) l
  union all
  select e.* from audit_private.verify_leaves(verify_time.tenant, verify_time.from_time, verify_time.until_time) e
  union all
  select r.* from audit_private.verify_removals(verify_time.tenant, verify_time.from_time, verify_time.until_time) r
$$;

ALTER FUNCTION audit_private.verify_time(tenant uuid, from_time timestamp with time zone, until_time timestamp with time zone) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.verify_time(tenant uuid, from_time timestamp with time zone, until_time timestamp with time zone) IS 'all that is wrong with the events of a time and their seals, of one tenant or all';

CREATE FUNCTION audit_private.visible_tenant() RETURNS uuid
    LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  chosen uuid := coalesce(
    nullif(current_setting('pgwitness.named_tenant', true), ''),
    nullif(current_setting('pgwitness.tenant_id', true), '')
  )::uuid;
begin
  select coalesce(chosen, b.only_tenant_id)
  into chosen
  from audit_private.role_binding b
  where b.role_name = audit_private.effective_role()
    and (
      chosen is null
      or chosen = any (b.tenant_ids)
      or b.is_service and chosen <> '00000000-0000-0000-0000-000000000000'
    );
  return chosen;
end
$$;

ALTER FUNCTION audit_private.visible_tenant() OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.visible_tenant() IS 'the tenant whose rows may be seen now, or null: named or from the context, and granted to the role';

CREATE FUNCTION audit_private.warn_of_spooling(entity_type text, failure text) RETURNS void
    LANGUAGE plpgsql PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  raise warning using
    errcode = 'WT093',
    message = format('a change of %s was spooled, not logged: %s', warn_of_spooling.entity_type, warn_of_spooling.failure),
    detail = 'The table is watched with on_error => ''spool'', so the write went on.',
    hint = 'An operator mends the cause and calls: select * from audit.log_spool();';
end
$$;

ALTER FUNCTION audit_private.warn_of_spooling(entity_type text, failure text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.warn_of_spooling(entity_type text, failure text) IS 'warns with WT093, so that spooling is never silent';

CREATE FUNCTION audit_private.watch_call(watched audit_private.watched_table, relation regclass) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select format('select audit.watch(%s);', concat_ws(', ',
    quote_literal(watch_call.relation), format('entity_type => %L', watched.entity_type),
    'tenant_column => ' || quote_literal(n.tenant_column), 'label_column => ' || quote_literal(n.label_column),
    'columns => ' || quote_literal(n.allowed), 'redact_columns => ' || quote_literal(nullif(n.redacted, '{}')),
    'ignore_columns => ' || quote_literal(nullif(n.ignored, '{}')),
    'level => ' || quote_literal(nullif(watched.level, 'statement')),
    'on_error => ' || quote_literal(nullif(watched.on_error, 'refuse')),
    case when not watched.keep_deleted_values then 'keep_deleted_values => false' end,
    case
      when (n.allowed, n.redacted, n.ignored)
        is distinct from (watched.allowed_columns, watched.redact_columns, watched.ignore_columns)
        then 'reason => ''the columns have changed'''
    end))
  from (
    select
      (audit_private.current_columns(watched, watch_call.relation, array[watched.tenant_column]))[1] as tenant_column,
      (audit_private.current_columns(watched, watch_call.relation, array[watched.label_column]))[1] as label_column,
      audit_private.current_columns(watched, watch_call.relation, watched.allowed_columns) as allowed,
      audit_private.current_columns(watched, watch_call.relation, watched.redact_columns, true) as redacted,
      audit_private.current_columns(watched, watch_call.relation, watched.ignore_columns) as ignored
  ) n
$$;

ALTER FUNCTION audit_private.watch_call(watched audit_private.watched_table, relation regclass) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.watch_call(watched audit_private.watched_table, relation regclass) IS 'the call that watches a table again as it was watched, for its columns as they are now';

CREATE FUNCTION audit_private.watched_entity_type(relation regclass) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select w.entity_type
  from audit_private.watched_table w
  join pg_class c on c.oid = watched_entity_type.relation
  left join pg_proc p
    on p.pronamespace = 'audit_private'::regnamespace and p.proname = 'on_' || w.entity_type
  left join pg_trigger t on t.tgfoid = p.oid and t.tgrelid = c.oid
  where t.oid is not null
    or (w.schema_name, w.table_name) = (c.relnamespace::regnamespace::text, c.relname::text)
      and not exists (select from pg_trigger o where o.tgfoid = p.oid)
  order by t.oid is not null desc, w.unwatched_at desc nulls first
  limit 1
$$;

ALTER FUNCTION audit_private.watched_entity_type(relation regclass) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.watched_entity_type(relation regclass) IS 'entity type of a table that is or was watched; null of any other';

CREATE FUNCTION audit_private.watched_relation(entity_type text) RETURNS regclass
    LANGUAGE sql STABLE SECURITY DEFINER PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
  select coalesce(
    (
      select t.tgrelid::regclass
      from pg_trigger t
      join pg_proc p on p.oid = t.tgfoid
      where p.pronamespace = 'audit_private'::regnamespace and p.proname = 'on_' || w.entity_type and t.tgparentid = 0
      order by t.tgrelid
      limit 1
    ),
    to_regclass(format('%I.%I', w.schema_name, w.table_name)))
  from audit_private.watched_table w
  where w.entity_type = watched_relation.entity_type
$$;

ALTER FUNCTION audit_private.watched_relation(entity_type text) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.watched_relation(entity_type text) IS 'the table of an entity type; null when it is gone or was never watched';

CREATE FUNCTION audit_private.write_chunks(tenant_id uuid, export_id uuid, after_chunk integer, format text, condition text, spans tstzrange[], place_occurred_at timestamp with time zone, place_id uuid, most integer, are_small boolean, OUT rows bigint, OUT bytes bigint, OUT last_occurred_at timestamp with time zone, OUT last_id uuid, OUT is_last boolean) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    SET jit TO 'off'
    SET work_mem TO '64MB'
    SET "DateStyle" TO 'ISO, YMD'
    SET "TimeZone" TO 'UTC'
    SET client_encoding TO 'UTF8'
    SET default_toast_compression TO 'pglz'
    AS $_$
declare
  bytes_allowed constant integer := 8388608;
  bytes_kept constant integer := 33000000;
  line_end constant text := case write_chunks.format when 'csv' then E'\r\n' else E'\n' end;
  head text := case when write_chunks.format = 'csv' and write_chunks.after_chunk = 0 then (
    select string_agg(c.name, ',' order by c.place) from audit_private.export_columns('csv') c
  ) end || line_end;
  number integer := write_chunks.after_chunk;
  span tstzrange;
  is_counted boolean;
  chunk_rows integer;
  chunk_bytes integer;
  chunk_occurred_at timestamptz;
  chunk_id uuid;
begin
  rows := 0;
  bytes := 0;
  is_last := true;
  if exists (
    select from pg_settings s where s.name = 'default_toast_compression' and 'lz4' = any (s.enumvals)
  ) then
    perform set_config('default_toast_compression', 'lz4', true);
  end if;
  foreach span in array write_chunks.spans loop
    continue when lower(span) > write_chunks.place_occurred_at;
    foreach is_counted in array case when write_chunks.are_small then '{f,t}' else '{t}' end::boolean[] loop
      execute pg_catalog.format(
        'with line as (
          select e.occurred_at, e.id, textsend(%1$s || $5) as line
          from (
            select e.*,
              (select jsonb_object_agg(a.action, a.category) from audit_private.action a) ->> e.action as category,
              audit_private.search_text_v1(e.description, e.actor, e.target, e.metadata) as search_text,
              audit_private.search_text_v1(e.actor_id, e.actor, null, null) as actor_text
            from audit_private.event e
          ) e
          where e.tenant_id = $1
            and e.occurred_at >= %2$L::timestamptz
            and e.occurred_at < %3$L::timestamptz
            and %4$s
            %5$s
          order by e.occurred_at desc, e.id desc
          limit %6$s
        ),
        sized as (
          select l.*, %8$s as before
          from line l
        )
        insert into audit_private.export_chunk as c (
          tenant_id, export_id, number, rows, bytes, last_occurred_at, last_id, content, digest
        )
        select $1, $2, $3, n.rows, octet_length(n.content), n.last_occurred_at, n.last_id, n.content,
          encode(sha256(n.content), ''hex'')
        from (
          select count(*) as rows, min(s.occurred_at) as last_occurred_at, (array_agg(s.id))[count(*)] as last_id,
            case when $4 is null then string_agg(%9$s, '''') else textsend($4) || string_agg(%9$s, '''') end as content
          from sized s
          where coalesce(s.before, 0) < %7$s
          having count(*) > 0 and %10$s
        ) n
        returning c.rows, c.bytes, c.last_occurred_at, c.last_id',
        audit_private.export_line(write_chunks.format), lower(span), upper(span), write_chunks.condition,
        case when write_chunks.place_id is not null then pg_catalog.format(
          'and e.occurred_at <= %1$L::timestamptz and (e.occurred_at, e.id) < (%1$L::timestamptz, %2$L::uuid)',
          write_chunks.place_occurred_at, write_chunks.place_id) end,
        write_chunks.most - rows, bytes_allowed - bytes,
        case when is_counted then
          'sum(octet_length(l.line)) over (
            order by l.occurred_at desc, l.id desc rows between unbounded preceding and 1 preceding)'
          else '0' end,
        case when is_counted then 's.line' else 'case when octet_length(s.line) <= 4096 then s.line end' end,
        case when is_counted then 'true' else pg_catalog.format(
          'max(octet_length(s.line)) <= 4096 and sum(octet_length(s.line)) <= %s',
          bytes_allowed - bytes) end)
      into chunk_rows, chunk_bytes, chunk_occurred_at, chunk_id
      using write_chunks.tenant_id, write_chunks.export_id, number + 1, head, line_end;
      exit when chunk_rows is not null;
    end loop;
    continue when chunk_rows is null;
    number := number + 1;
    head := null;
    rows := rows + chunk_rows;
    bytes := bytes + chunk_bytes;
    last_occurred_at := chunk_occurred_at;
    last_id := chunk_id;
    is_last := rows < write_chunks.most and bytes < bytes_allowed;
    exit when not is_last;
  end loop;
  if write_chunks.after_chunk = 0 and not is_last then
    perform octet_length(repeat('x', bytes_kept));
  end if;
  if head is not null then
    bytes := octet_length(head);
    insert into audit_private.export_chunk (tenant_id, export_id, number, rows, bytes, content, digest)
    values (
      write_chunks.tenant_id, write_chunks.export_id, 1, 0, bytes, convert_to(head, 'UTF8'),
      encode(sha256(convert_to(head, 'UTF8')), 'hex'));
  end if;
end
$_$;

ALTER FUNCTION audit_private.write_chunks(tenant_id uuid, export_id uuid, after_chunk integer, format text, condition text, spans tstzrange[], place_occurred_at timestamp with time zone, place_id uuid, most integer, are_small boolean, OUT rows bigint, OUT bytes bigint, OUT last_occurred_at timestamp with time zone, OUT last_id uuid, OUT is_last boolean) OWNER TO audit_keeper;

COMMENT ON FUNCTION audit_private.write_chunks(tenant_id uuid, export_id uuid, after_chunk integer, format text, condition text, spans tstzrange[], place_occurred_at timestamp with time zone, place_id uuid, most integer, are_small boolean, OUT rows bigint, OUT bytes bigint, OUT last_occurred_at timestamp with time zone, OUT last_id uuid, OUT is_last boolean) IS 'writes the next events that an export holds, after a place, as chunks of it';

CREATE FUNCTION audit_private.write_cursor(scope text, seen text, occurred_at timestamp with time zone, id uuid) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  select pg_catalog.translate(
    pg_catalog.encode(
      pg_catalog.convert_to(
        pg_catalog.format(
          '{"version":1,"place":%s,"seen":%s,"digest":"%s"}',
          p.place, seen, pg_catalog.md5(scope || p.place || seen)),
        'UTF8'),
      'base64'),
    E'+/=\n', '-_')
  from (
    select pg_catalog.format(
      '[%s,"%s"]', (pg_catalog.date_part('epoch', occurred_at) * 1000000)::bigint, id) as place
  ) p
$$;

ALTER FUNCTION audit_private.write_cursor(scope text, seen text, occurred_at timestamp with time zone, id uuid) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.write_cursor(scope text, seen text, occurred_at timestamp with time zone, id uuid) IS 'the cursor of one row: its place and what the first page saw';

CREATE FUNCTION audit_private.write_export_event(export audit_private.export, step text, description text, session audit_private.access_session DEFAULT NULL::audit_private.access_session, metadata jsonb DEFAULT '{}'::jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
begin
  perform audit_private.write_system_event(
    tenant_id => (write_export_event.export).tenant_id,
    action => 'audit_log_exported',
    entity_type => 'audit_export',
    entity_id => (write_export_event.export).export_id::text,
    description => write_export_event.description,
    metadata => jsonb_strip_nulls(jsonb_build_object(
      'step', write_export_event.step,
      'export_id', (write_export_event.export).export_id,
      'format', (write_export_event.export).format,
      'is_straight', (write_export_event.export).is_straight,
      'requested_by', (write_export_event.export).requested_by,
      'access_id', (write_export_event.session).access_id,
      'access_reason', (write_export_event.session).access_reason,
      'justification', (write_export_event.session).justification
    )) || jsonb_build_object('filter', (write_export_event.export).filter) || write_export_event.metadata
  );
end
$$;

ALTER FUNCTION audit_private.write_export_event(export audit_private.export, step text, description text, session audit_private.access_session, metadata jsonb) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.write_export_event(export audit_private.export, step text, description text, session audit_private.access_session, metadata jsonb) IS 'writes the event audit_log_exported of one step of an export';

CREATE FUNCTION audit_private.write_system_event(tenant_id uuid, action text, entity_type text, entity_id text, description text, metadata jsonb DEFAULT NULL::jsonb, changes jsonb DEFAULT NULL::jsonb) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare
  moment constant timestamptz := clock_timestamp();
  place constant bigint := nextval('audit_private.event_sequence');
  event_id constant uuid := audit_private.new_event_id(moment, place);
begin
  insert into audit_private.event (
    tenant_id, occurred_at, id, recorded_at, sequence, transaction_id, salt, source, action, entity_type,
    actor_type, outcome, recorded_by, actor_id, entity_id, description, actor, changes, metadata, ip,
    user_agent, request_id
  )
  select
    write_system_event.tenant_id, moment, event_id, moment, place,
    i.transaction_offset + txid_current(), gen_random_uuid(), 'system',
    write_system_event.action, write_system_event.entity_type, a.actor_type, 'success',
    audit_private.recorded_by(), a.actor_id, write_system_event.entity_id,
    write_system_event.description, a.actor, write_system_event.changes,
    nullif(write_system_event.metadata, '{}'),
    nullif(current_setting('pgwitness.ip', true), '')::inet,
    left(nullif(current_setting('pgwitness.user_agent', true), ''), 1000),
    left(nullif(current_setting('pgwitness.request_id', true), ''), 500)
  from audit_private.instance i
  cross join audit_private.current_actor() a;
  return event_id;
end
$$;

ALTER FUNCTION audit_private.write_system_event(tenant_id uuid, action text, entity_type text, entity_id text, description text, metadata jsonb, changes jsonb) OWNER TO audit_writer;

COMMENT ON FUNCTION audit_private.write_system_event(tenant_id uuid, action text, entity_type text, entity_id text, description text, metadata jsonb, changes jsonb) IS 'writes a mandatory event by the current actor and returns its id';

CREATE FUNCTION audit_private.written_patterns(texts text[]) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
  select coalesce(array_agg(distinct audit_private.search_pattern('identifiers', to_jsonb(w.written))), '{}')
  from unnest(written_patterns.texts) as t (value)
  cross join lateral (
    values
      (btrim(t.value)),
      (regexp_replace(to_json(btrim(t.value))::text, '^"|"$', '', 'g')),
      (regexp_replace(btrim(t.value), '([\\%_])', '\\\1', 'g'))
  ) as j (written)
  cross join lateral (
    values (j.written), (replace(j.written, '"', '""')), (replace(replace(j.written, '''', ''''''), E'\\', E'\\\\'))
  ) as w (written)
$_$;

ALTER FUNCTION audit_private.written_patterns(texts text[]) OWNER TO audit_owner;

COMMENT ON FUNCTION audit_private.written_patterns(texts text[]) IS 'patterns for ilike that find texts as they stand, and as JSON, CSV and SQL write them';

CREATE VIEW audit.exportable_event AS
 SELECT e.tenant_id,
    e.occurred_at,
    e.id,
    e.recorded_at,
    e.sequence,
    e.transaction_id,
    e.source,
    (( SELECT jsonb_object_agg(a.action, a.category) AS jsonb_object_agg
           FROM audit_private.action a) ->> e.action) AS category,
    e.action,
    e.entity_type,
    e.entity_id,
    e.actor_type,
    e.actor_id,
    e.actor,
    e.description,
    COALESCE(e.target, jsonb_build_object('type', e.entity_type, 'id', e.entity_id)) AS target,
    e.changes,
    e.metadata,
    e.outcome,
    e.error_message,
    e.ip,
    e.user_agent,
    e.request_id,
    e.recorded_by,
    audit_private.search_text_v1(e.description, e.actor, e.target, e.metadata) AS search_text,
    audit_private.search_text_v1(e.actor_id, e.actor, NULL::jsonb, NULL::jsonb) AS actor_text
   FROM audit_private.event e
  WHERE ((( SELECT audit_private.open_reading() AS open_reading) IS NOT NULL) AND (e.tenant_id = ( SELECT audit_private.open_reading() AS open_reading)));

ALTER TABLE audit.exportable_event OWNER TO audit_owner;

COMMENT ON VIEW audit.exportable_event IS 'audit.event with the texts that a filter looks through; what the statement of audit.begin_export reads';

CREATE TABLE audit_private.access_closing (
    tenant_id uuid NOT NULL,
    access_id uuid NOT NULL,
    closed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    closed_by text NOT NULL
);

ALTER TABLE ONLY audit_private.access_closing FORCE ROW LEVEL SECURITY;

ALTER TABLE audit_private.access_closing OWNER TO audit_owner;

COMMENT ON TABLE audit_private.access_closing IS 'access sessions that were closed or revoked';

COMMENT ON COLUMN audit_private.access_closing.tenant_id IS 'whose events could be read';

COMMENT ON COLUMN audit_private.access_closing.access_id IS 'the session';

COMMENT ON COLUMN audit_private.access_closing.closed_at IS 'when';

COMMENT ON COLUMN audit_private.access_closing.closed_by IS 'who';

CREATE TABLE audit_private.access_reason (
    access_reason text NOT NULL,
    titles jsonb NOT NULL,
    descriptions jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT access_reason_access_reason_check CHECK ((access_reason ~ '^[a-z][a-z0-9_]{0,62}$'::text)),
    CONSTRAINT access_reason_descriptions_check CHECK (audit_private.is_text_by_language_v1(descriptions)),
    CONSTRAINT access_reason_titles_check CHECK ((audit_private.is_text_by_language_v1(titles) AND (titles <> '{}'::jsonb)))
);

ALTER TABLE audit_private.access_reason OWNER TO audit_owner;

COMMENT ON TABLE audit_private.access_reason IS 'why the log may be read';

COMMENT ON COLUMN audit_private.access_reason.access_reason IS 'code';

COMMENT ON COLUMN audit_private.access_reason.titles IS 'language code to title';

COMMENT ON COLUMN audit_private.access_reason.descriptions IS 'language code to description';

CREATE TABLE audit_private.action_toggle (
    tenant_id uuid NOT NULL,
    action text NOT NULL,
    is_enabled boolean NOT NULL
);

ALTER TABLE ONLY audit_private.action_toggle FORCE ROW LEVEL SECURITY;

ALTER TABLE audit_private.action_toggle OWNER TO audit_owner;

COMMENT ON TABLE audit_private.action_toggle IS 'overrides of single actions; one wins over its category both ways';

COMMENT ON COLUMN audit_private.action_toggle.tenant_id IS 'the tenant';

COMMENT ON COLUMN audit_private.action_toggle.action IS 'the action';

COMMENT ON COLUMN audit_private.action_toggle.is_enabled IS 'whether it is logged';

CREATE TABLE audit_private.actor_type (
    actor_type text NOT NULL,
    titles jsonb NOT NULL,
    descriptions jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT actor_type_descriptions_check CHECK (audit_private.is_text_by_language_v1(descriptions)),
    CONSTRAINT actor_type_titles_check CHECK ((audit_private.is_text_by_language_v1(titles) AND (titles <> '{}'::jsonb)))
);

ALTER TABLE audit_private.actor_type OWNER TO audit_owner;

COMMENT ON TABLE audit_private.actor_type IS 'who can have acted';

COMMENT ON COLUMN audit_private.actor_type.actor_type IS 'code';

COMMENT ON COLUMN audit_private.actor_type.titles IS 'language code to title';

COMMENT ON COLUMN audit_private.actor_type.descriptions IS 'language code to description';

CREATE TABLE audit_private.capture_spool (
    tenant_id uuid,
    spool_id bigint NOT NULL,
    spooled_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    entity_type text NOT NULL,
    action text NOT NULL,
    entity_id text,
    description text,
    changes jsonb,
    target jsonb,
    metadata jsonb,
    actor_id text,
    actor_type text,
    actor jsonb,
    recorded_by text NOT NULL,
    is_whole boolean NOT NULL,
    error text NOT NULL
);

ALTER TABLE ONLY audit_private.capture_spool FORCE ROW LEVEL SECURITY;

ALTER TABLE audit_private.capture_spool OWNER TO audit_owner;

COMMENT ON TABLE audit_private.capture_spool IS 'changes of tables too vital to stop that could not be logged; check_health counts them';

COMMENT ON COLUMN audit_private.capture_spool.tenant_id IS 'whose change it was; null when that is what failed';

COMMENT ON COLUMN audit_private.capture_spool.spool_id IS 'order of spooling';

COMMENT ON COLUMN audit_private.capture_spool.spooled_at IS 'when the change was made';

COMMENT ON COLUMN audit_private.capture_spool.entity_type IS 'entity type of the table';

COMMENT ON COLUMN audit_private.capture_spool.action IS 'action that the event would have had';

COMMENT ON COLUMN audit_private.capture_spool.entity_id IS 'key of the row';

COMMENT ON COLUMN audit_private.capture_spool.description IS 'the event in words';

COMMENT ON COLUMN audit_private.capture_spool.changes IS 'column to {old, new}';

COMMENT ON COLUMN audit_private.capture_spool.target IS 'snapshot of the row';

COMMENT ON COLUMN audit_private.capture_spool.metadata IS 'as in the event';

COMMENT ON COLUMN audit_private.capture_spool.actor_id IS 'who did it';

COMMENT ON COLUMN audit_private.capture_spool.actor_type IS 'what kind of actor';

COMMENT ON COLUMN audit_private.capture_spool.actor IS 'snapshot of the actor';

COMMENT ON COLUMN audit_private.capture_spool.recorded_by IS 'login and SET ROLE role';

COMMENT ON COLUMN audit_private.capture_spool.is_whole IS 'whether it can still be logged; false when the statement''s rows could not even be read';

COMMENT ON COLUMN audit_private.capture_spool.error IS 'SQLSTATE and message of what kept it from being logged';

ALTER TABLE audit_private.capture_spool ALTER COLUMN spool_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME audit_private.capture_spool_spool_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

COMMENT ON SEQUENCE audit_private.capture_spool_spool_id_seq IS 'orders the spool';

CREATE TABLE audit_private.category (
    category text NOT NULL,
    titles jsonb NOT NULL,
    descriptions jsonb DEFAULT '{}'::jsonb NOT NULL,
    is_mandatory boolean DEFAULT false NOT NULL,
    is_built_in boolean DEFAULT false NOT NULL,
    CONSTRAINT category_category_check CHECK ((category ~ '^[a-z][a-z0-9_]{0,62}$'::text)),
    CONSTRAINT category_descriptions_check CHECK (audit_private.is_text_by_language_v1(descriptions)),
    CONSTRAINT category_titles_check CHECK ((audit_private.is_text_by_language_v1(titles) AND (titles <> '{}'::jsonb)))
);

ALTER TABLE audit_private.category OWNER TO audit_owner;

COMMENT ON TABLE audit_private.category IS 'groups of actions that are switched together';

COMMENT ON COLUMN audit_private.category.category IS 'code';

COMMENT ON COLUMN audit_private.category.titles IS 'language code to title';

COMMENT ON COLUMN audit_private.category.descriptions IS 'language code to description';

COMMENT ON COLUMN audit_private.category.is_mandatory IS 'its actions are logged by the log alone, and no toggle reaches them';

COMMENT ON COLUMN audit_private.category.is_built_in IS 'comes with pgwitness and can''t be redefined';

CREATE TABLE audit_private.category_toggle (
    tenant_id uuid NOT NULL,
    category text NOT NULL,
    is_enabled boolean NOT NULL
);

ALTER TABLE ONLY audit_private.category_toggle FORCE ROW LEVEL SECURITY;

ALTER TABLE audit_private.category_toggle OWNER TO audit_owner;

COMMENT ON TABLE audit_private.category_toggle IS 'categories that a tenant has turned off or on; no row means on';

COMMENT ON COLUMN audit_private.category_toggle.tenant_id IS 'the tenant';

COMMENT ON COLUMN audit_private.category_toggle.category IS 'the category';

COMMENT ON COLUMN audit_private.category_toggle.is_enabled IS 'whether its actions are logged';

CREATE TABLE audit_private.data_purge_receipt (
    tenant_id uuid NOT NULL,
    run_id uuid NOT NULL,
    relation text NOT NULL,
    decision text NOT NULL,
    started_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    finished_at timestamp with time zone,
    predicted bigint DEFAULT 0 NOT NULL,
    removed bigint DEFAULT 0 NOT NULL,
    children_removed bigint DEFAULT 0 NOT NULL,
    waiting bigint DEFAULT 0 NOT NULL,
    kept_by_hold bigint DEFAULT 0 NOT NULL,
    kept_locked bigint DEFAULT 0 NOT NULL,
    failed bigint DEFAULT 0 NOT NULL,
    invalid bigint DEFAULT 0 NOT NULL,
    by_level jsonb DEFAULT '{}'::jsonb NOT NULL,
    result text DEFAULT 'running'::text NOT NULL,
    error text,
    erased bigint DEFAULT 0 NOT NULL,
    CONSTRAINT data_purge_receipt_result_check CHECK ((result = ANY (ARRAY['running'::text, 'succeeded'::text, 'failed'::text, 'stopped'::text, 'skipped'::text, 'interrupted'::text])))
);

ALTER TABLE ONLY audit_private.data_purge_receipt FORCE ROW LEVEL SECURITY;

ALTER TABLE audit_private.data_purge_receipt OWNER TO audit_owner;

COMMENT ON TABLE audit_private.data_purge_receipt IS 'what each run of purge_data removed of each table and tenant, also when it was nothing';

COMMENT ON COLUMN audit_private.data_purge_receipt.tenant_id IS 'the rows'' tenant; the nil uuid for rows without';

COMMENT ON COLUMN audit_private.data_purge_receipt.run_id IS 'the run';

COMMENT ON COLUMN audit_private.data_purge_receipt.relation IS 'the table';

COMMENT ON COLUMN audit_private.data_purge_receipt.decision IS 'the disposal decision then in force';

COMMENT ON COLUMN audit_private.data_purge_receipt.started_at IS 'when the run came to the table';

COMMENT ON COLUMN audit_private.data_purge_receipt.finished_at IS 'when it left it';

COMMENT ON COLUMN audit_private.data_purge_receipt.predicted IS 'rows that it set out to remove';

COMMENT ON COLUMN audit_private.data_purge_receipt.removed IS 'rows that it removed';

COMMENT ON COLUMN audit_private.data_purge_receipt.children_removed IS 'rows of other tables that it removed with them';

COMMENT ON COLUMN audit_private.data_purge_receipt.waiting IS 'rows that are due, but newly so by a shortened value';

COMMENT ON COLUMN audit_private.data_purge_receipt.kept_by_hold IS 'rows that are due, but held';

COMMENT ON COLUMN audit_private.data_purge_receipt.kept_locked IS 'rows that the application had locked; the next run''s';

COMMENT ON COLUMN audit_private.data_purge_receipt.failed IS 'rows whose removal raised an error; skipped';

COMMENT ON COLUMN audit_private.data_purge_receipt.invalid IS 'rows that are kept because a value makes no sense';

COMMENT ON COLUMN audit_private.data_purge_receipt.by_level IS 'rows removed, by the level that their days came from';

COMMENT ON COLUMN audit_private.data_purge_receipt.result IS 'running, succeeded, failed, stopped (too large a share), skipped (the table has changed) or interrupted';

COMMENT ON COLUMN audit_private.data_purge_receipt.error IS 'what went wrong';

COMMENT ON COLUMN audit_private.data_purge_receipt.erased IS 'events of which the values were erased that were captured from the rows removed';

CREATE TABLE audit_private.data_retention_group (
    relation text NOT NULL,
    group_key text NOT NULL,
    days integer,
    took_effect_at timestamp with time zone NOT NULL,
    next_days integer,
    next_takes_effect_at timestamp with time zone
);

ALTER TABLE audit_private.data_retention_group OWNER TO audit_owner;

COMMENT ON TABLE audit_private.data_retention_group IS 'days in force for the rows below the same assistant, space and so on, and those that wait because they are shorter';

COMMENT ON COLUMN audit_private.data_retention_group.relation IS 'the table under data retention';

COMMENT ON COLUMN audit_private.data_retention_group.group_key IS 'keys of the levels'' rows';

COMMENT ON COLUMN audit_private.data_retention_group.days IS 'days in force; null keeps for ever';

COMMENT ON COLUMN audit_private.data_retention_group.took_effect_at IS 'since when';

COMMENT ON COLUMN audit_private.data_retention_group.next_days IS 'shorter days that wait; null when none do';

COMMENT ON COLUMN audit_private.data_retention_group.next_takes_effect_at IS 'until when';

CREATE TABLE audit_private.data_retention_preview (
    relation text NOT NULL,
    previewed_by text NOT NULL,
    previewed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    due bigint NOT NULL,
    group_keys text[] NOT NULL,
    group_days integer[] NOT NULL
);

ALTER TABLE audit_private.data_retention_preview OWNER TO audit_owner;

COMMENT ON TABLE audit_private.data_retention_preview IS 'what a preview showed, which arming approves';

COMMENT ON COLUMN audit_private.data_retention_preview.relation IS 'the table under data retention';

COMMENT ON COLUMN audit_private.data_retention_preview.previewed_by IS 'login and SET ROLE role';

COMMENT ON COLUMN audit_private.data_retention_preview.previewed_at IS 'when';

COMMENT ON COLUMN audit_private.data_retention_preview.due IS 'rows that would have gone';

COMMENT ON COLUMN audit_private.data_retention_preview.group_keys IS 'keys of the groups that it found';

COMMENT ON COLUMN audit_private.data_retention_preview.group_days IS 'their days';

CREATE TABLE audit_private.data_retention_wait (
    relation text NOT NULL,
    entity_id text NOT NULL,
    waits_until timestamp with time zone NOT NULL,
    seen_at timestamp with time zone NOT NULL
);

ALTER TABLE audit_private.data_retention_wait OWNER TO audit_owner;

COMMENT ON TABLE audit_private.data_retention_wait IS 'rows that were due before the last run and are still there: newly due by a change of their own, such as another parent, or left over';

COMMENT ON COLUMN audit_private.data_retention_wait.relation IS 'the table under data retention';

COMMENT ON COLUMN audit_private.data_retention_wait.entity_id IS 'the row''s key, as events have it';

COMMENT ON COLUMN audit_private.data_retention_wait.waits_until IS 'until when it isn''t removed';

COMMENT ON COLUMN audit_private.data_retention_wait.seen_at IS 'moment of the last run that met it';

CREATE TABLE audit_private.entity_type (
    entity_type text NOT NULL,
    titles jsonb NOT NULL,
    descriptions jsonb DEFAULT '{}'::jsonb NOT NULL,
    is_built_in boolean DEFAULT false NOT NULL,
    CONSTRAINT entity_type_descriptions_check CHECK (audit_private.is_text_by_language_v1(descriptions)),
    CONSTRAINT entity_type_entity_type_check CHECK ((entity_type ~ '^[a-z][a-z0-9_]{0,62}$'::text)),
    CONSTRAINT entity_type_titles_check CHECK ((audit_private.is_text_by_language_v1(titles) AND (titles <> '{}'::jsonb)))
);

ALTER TABLE audit_private.entity_type OWNER TO audit_owner;

COMMENT ON TABLE audit_private.entity_type IS 'what an event can be about';

COMMENT ON COLUMN audit_private.entity_type.entity_type IS 'code';

COMMENT ON COLUMN audit_private.entity_type.titles IS 'language code to title';

COMMENT ON COLUMN audit_private.entity_type.descriptions IS 'language code to description';

COMMENT ON COLUMN audit_private.entity_type.is_built_in IS 'comes with pgwitness and can''t be redefined';

CREATE TABLE audit_private.erased_event (
    tenant_id uuid NOT NULL,
    erasure_id uuid NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    event_id uuid NOT NULL,
    groups text[] NOT NULL,
    erased_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

ALTER TABLE ONLY audit_private.erased_event FORCE ROW LEVEL SECURITY;

ALTER TABLE audit_private.erased_event OWNER TO audit_owner;

COMMENT ON TABLE audit_private.erased_event IS 'which groups of which event were erased, but for those of rows under data retention; what the ledger tells of erasures';

COMMENT ON COLUMN audit_private.erased_event.tenant_id IS 'whose event';

COMMENT ON COLUMN audit_private.erased_event.erasure_id IS 'the erasure';

COMMENT ON COLUMN audit_private.erased_event.occurred_at IS 'the event''s time';

COMMENT ON COLUMN audit_private.erased_event.event_id IS 'the event';

COMMENT ON COLUMN audit_private.erased_event.groups IS 'actor_id, entity_id or payload';

COMMENT ON COLUMN audit_private.erased_event.erased_at IS 'when';

CREATE SEQUENCE audit_private.event_sequence
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER TABLE audit_private.event_sequence OWNER TO audit_owner;

COMMENT ON SEQUENCE audit_private.event_sequence IS 'orders events of one entity that share a microsecond';

CREATE TABLE audit_private.export_cancellation (
    tenant_id uuid NOT NULL,
    export_id uuid NOT NULL,
    cancelled_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    cancelled_by text NOT NULL
);

ALTER TABLE ONLY audit_private.export_cancellation FORCE ROW LEVEL SECURITY;

ALTER TABLE audit_private.export_cancellation OWNER TO audit_owner;

COMMENT ON TABLE audit_private.export_cancellation IS 'exports that were cancelled; never taken back';

COMMENT ON COLUMN audit_private.export_cancellation.tenant_id IS 'whose events';

COMMENT ON COLUMN audit_private.export_cancellation.export_id IS 'the export';

COMMENT ON COLUMN audit_private.export_cancellation.cancelled_at IS 'when';

COMMENT ON COLUMN audit_private.export_cancellation.cancelled_by IS 'login and SET ROLE role';

CREATE TABLE audit_private.export_chunk (
    tenant_id uuid NOT NULL,
    export_id uuid NOT NULL,
    number integer NOT NULL,
    rows integer NOT NULL,
    bytes integer NOT NULL,
    last_occurred_at timestamp with time zone,
    last_id uuid,
    content bytea NOT NULL,
    digest text NOT NULL
);

ALTER TABLE ONLY audit_private.export_chunk FORCE ROW LEVEL SECURITY;

ALTER TABLE audit_private.export_chunk OWNER TO audit_owner;

COMMENT ON TABLE audit_private.export_chunk IS 'content of exports, up to 24 hours after they were completed';

COMMENT ON COLUMN audit_private.export_chunk.tenant_id IS 'whose events';

COMMENT ON COLUMN audit_private.export_chunk.export_id IS 'the export';

COMMENT ON COLUMN audit_private.export_chunk.number IS 'place in the export, from 1';

COMMENT ON COLUMN audit_private.export_chunk.rows IS 'events in it';

COMMENT ON COLUMN audit_private.export_chunk.bytes IS 'size of the content';

COMMENT ON COLUMN audit_private.export_chunk.last_occurred_at IS 'time of the last of them';

COMMENT ON COLUMN audit_private.export_chunk.last_id IS 'id of the last of them';

COMMENT ON COLUMN audit_private.export_chunk.content IS 'UTF-8, whole lines';

COMMENT ON COLUMN audit_private.export_chunk.digest IS 'SHA-256 of the content, in hexadecimal';

CREATE TABLE audit_private.idempotency_key (
    tenant_id uuid NOT NULL,
    idempotency_key text NOT NULL,
    event_id uuid NOT NULL,
    content_digest bytea NOT NULL,
    logged_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);

ALTER TABLE ONLY audit_private.idempotency_key FORCE ROW LEVEL SECURITY;

ALTER TABLE audit_private.idempotency_key OWNER TO audit_owner;

COMMENT ON TABLE audit_private.idempotency_key IS 'the last 24 hours'' keys of events without a given time';

COMMENT ON COLUMN audit_private.idempotency_key.tenant_id IS 'the tenant';

COMMENT ON COLUMN audit_private.idempotency_key.idempotency_key IS 'the caller''s key';

COMMENT ON COLUMN audit_private.idempotency_key.event_id IS 'the event that it stands for';

COMMENT ON COLUMN audit_private.idempotency_key.content_digest IS 'tells a repeat from other content under the same key';

COMMENT ON COLUMN audit_private.idempotency_key.logged_at IS 'when the key was used first';

CREATE TABLE audit_private.installation (
    installed_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    version text NOT NULL,
    code_digest text NOT NULL,
    installed_by text NOT NULL,
    migrations text[] NOT NULL
);

ALTER TABLE audit_private.installation OWNER TO audit_owner;

COMMENT ON TABLE audit_private.installation IS 'each time that sql/code was applied; the newest row is in force';

COMMENT ON COLUMN audit_private.installation.installed_at IS 'when';

COMMENT ON COLUMN audit_private.installation.version IS 'version of pgwitness';

COMMENT ON COLUMN audit_private.installation.code_digest IS 'SHA-256 over the files of sql/code, in hexadecimal';

COMMENT ON COLUMN audit_private.installation.installed_by IS 'login and SET ROLE role';

COMMENT ON COLUMN audit_private.installation.migrations IS 'the migrations that had been applied';

CREATE TABLE audit_private.installed_object (
    kind text NOT NULL,
    name text NOT NULL,
    digest text NOT NULL
);

ALTER TABLE audit_private.installed_object OWNER TO audit_owner;

COMMENT ON TABLE audit_private.installed_object IS 'what each function, trigger, policy and view looked like when it was installed, to tell drift';

COMMENT ON COLUMN audit_private.installed_object.kind IS 'function, trigger, policy, table, view, sequence, schema or guard';

COMMENT ON COLUMN audit_private.installed_object.name IS 'qualified name, with argument types or table';

COMMENT ON COLUMN audit_private.installed_object.digest IS 'SHA-256 of its definition, owner and rights';

CREATE TABLE audit_private.instance (
    is_only boolean DEFAULT true NOT NULL,
    installation_id uuid DEFAULT gen_random_uuid() NOT NULL,
    transaction_offset bigint DEFAULT 0 NOT NULL,
    events_until timestamp with time zone,
    CONSTRAINT instance_is_only_check CHECK (is_only)
);

ALTER TABLE audit_private.instance OWNER TO audit_owner;

COMMENT ON TABLE audit_private.instance IS 'one row: facts that every write reads';

COMMENT ON COLUMN audit_private.instance.is_only IS 'always true, so that there is only one row';

COMMENT ON COLUMN audit_private.instance.installation_id IS 'names this log for ever, also after it was restored elsewhere';

COMMENT ON COLUMN audit_private.instance.transaction_offset IS 'added to the server''s transaction number; raised when numbers start again after a restore';

COMMENT ON COLUMN audit_private.instance.events_until IS 'until when there are partitions without a hole';

CREATE TABLE audit_private.job_schedule (
    job_name text NOT NULL,
    schedule text NOT NULL,
    scheduled_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    scheduled_by name NOT NULL
);

ALTER TABLE audit_private.job_schedule OWNER TO audit_owner;

COMMENT ON TABLE audit_private.job_schedule IS 'the jobs that schedule_jobs handed to pg_cron';

COMMENT ON COLUMN audit_private.job_schedule.job_name IS 'the procedure';

COMMENT ON COLUMN audit_private.job_schedule.schedule IS 'minute, hour, day, month and weekday, as pg_cron was told';

COMMENT ON COLUMN audit_private.job_schedule.scheduled_at IS 'when';

COMMENT ON COLUMN audit_private.job_schedule.scheduled_by IS 'role that pg_cron runs it as';

CREATE TABLE audit_private.logging_decision (
    tenant_id uuid NOT NULL,
    action text NOT NULL,
    is_logged boolean NOT NULL,
    is_mandatory boolean NOT NULL,
    payload_limit integer NOT NULL,
    is_cut boolean NOT NULL
);

ALTER TABLE ONLY audit_private.logging_decision FORCE ROW LEVEL SECURITY;

ALTER TABLE audit_private.logging_decision OWNER TO audit_owner;

COMMENT ON TABLE audit_private.logging_decision IS 'what the toggles, the catalogue and the options come to; kept by triggers, read once by every write';

COMMENT ON COLUMN audit_private.logging_decision.tenant_id IS 'the tenant; a retired one has no rows';

COMMENT ON COLUMN audit_private.logging_decision.action IS 'the action; a retired one has no rows';

COMMENT ON COLUMN audit_private.logging_decision.is_logged IS 'whether an event is stored';

COMMENT ON COLUMN audit_private.logging_decision.is_mandatory IS 'only the log itself may log it';

COMMENT ON COLUMN audit_private.logging_decision.payload_limit IS 'bytes that an event''s payload may have';

COMMENT ON COLUMN audit_private.logging_decision.is_cut IS 'a larger payload is cut and marked instead of refused';

CREATE TABLE audit_private.option (
    name text NOT NULL,
    value text NOT NULL,
    default_value text NOT NULL,
    pattern text NOT NULL,
    description text NOT NULL,
    changed_at timestamp with time zone,
    changed_by text
);

ALTER TABLE audit_private.option OWNER TO audit_owner;

COMMENT ON TABLE audit_private.option IS 'settings of the whole installation; audit.set_option changes them';

COMMENT ON COLUMN audit_private.option.name IS 'name of the option';

COMMENT ON COLUMN audit_private.option.value IS 'value in force';

COMMENT ON COLUMN audit_private.option.default_value IS 'value of a new installation';

COMMENT ON COLUMN audit_private.option.pattern IS 'regular expression that a value must match';

COMMENT ON COLUMN audit_private.option.description IS 'what it does, and its unit';

COMMENT ON COLUMN audit_private.option.changed_at IS 'when it was last set; null when never';

COMMENT ON COLUMN audit_private.option.changed_by IS 'login and SET ROLE role that set it last';

CREATE TABLE audit_private.outcome (
    outcome text NOT NULL,
    titles jsonb NOT NULL,
    descriptions jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT outcome_descriptions_check CHECK (audit_private.is_text_by_language_v1(descriptions)),
    CONSTRAINT outcome_titles_check CHECK ((audit_private.is_text_by_language_v1(titles) AND (titles <> '{}'::jsonb)))
);

ALTER TABLE audit_private.outcome OWNER TO audit_owner;

COMMENT ON TABLE audit_private.outcome IS 'how an act ended';

COMMENT ON COLUMN audit_private.outcome.outcome IS 'code';

COMMENT ON COLUMN audit_private.outcome.titles IS 'language code to title';

COMMENT ON COLUMN audit_private.outcome.descriptions IS 'language code to description';

CREATE TABLE audit_private.part_removal (
    tenant_id uuid NOT NULL,
    seal_number bigint NOT NULL,
    part integer NOT NULL,
    run_id uuid NOT NULL,
    removed integer NOT NULL,
    places bit(1024) NOT NULL
);

ALTER TABLE ONLY audit_private.part_removal FORCE ROW LEVEL SECURITY;

ALTER TABLE audit_private.part_removal OWNER TO audit_owner;

COMMENT ON TABLE audit_private.part_removal IS 'which events of a part of a seal a purge has removed';

COMMENT ON COLUMN audit_private.part_removal.tenant_id IS 'whose events';

COMMENT ON COLUMN audit_private.part_removal.seal_number IS 'the seal';

COMMENT ON COLUMN audit_private.part_removal.part IS 'the part of its list';

COMMENT ON COLUMN audit_private.part_removal.run_id IS 'the purge, whose receipt and event explain it';

COMMENT ON COLUMN audit_private.part_removal.removed IS 'events removed';

COMMENT ON COLUMN audit_private.part_removal.places IS 'their places in the part, from the left';

CREATE TABLE audit_private.pending_erasure (
    tenant_id uuid NOT NULL,
    erasure_id uuid NOT NULL,
    occurred_at timestamp with time zone NOT NULL,
    event_id uuid NOT NULL,
    groups text[] NOT NULL,
    pseudonym text,
    is_held boolean DEFAULT false NOT NULL
);

ALTER TABLE ONLY audit_private.pending_erasure FORCE ROW LEVEL SECURITY;

ALTER TABLE audit_private.pending_erasure OWNER TO audit_owner;

COMMENT ON TABLE audit_private.pending_erasure IS 'what an erasure has found; between transactions only what a hold keeps, by key and never by whom';

COMMENT ON COLUMN audit_private.pending_erasure.tenant_id IS 'whose event';

COMMENT ON COLUMN audit_private.pending_erasure.erasure_id IS 'the erasure';

COMMENT ON COLUMN audit_private.pending_erasure.occurred_at IS 'the event''s time';

COMMENT ON COLUMN audit_private.pending_erasure.event_id IS 'the event';

COMMENT ON COLUMN audit_private.pending_erasure.groups IS 'actor_id, entity_id or payload';

COMMENT ON COLUMN audit_private.pending_erasure.pseudonym IS 'random; stands for the actor afterwards';

COMMENT ON COLUMN audit_private.pending_erasure.is_held IS 'a hold keeps it for now';

CREATE SEQUENCE audit_private.read_number
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER TABLE audit_private.read_number OWNER TO audit_owner;

COMMENT ON SEQUENCE audit_private.read_number IS 'numbers the reads of the log; a number that no event holds is a read that was undone';

CREATE TABLE audit_private.retention_floor (
    category text NOT NULL,
    takes_effect_at timestamp with time zone NOT NULL,
    days integer,
    reason text NOT NULL,
    set_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    set_by text NOT NULL,
    CONSTRAINT retention_floor_days_check CHECK (((days >= 1) AND (days <= 2555)))
);

ALTER TABLE audit_private.retention_floor OWNER TO audit_owner;

COMMENT ON TABLE audit_private.retention_floor IS 'how long events of a category are kept at least, whatever a tenant''s policy says; the latest that has taken effect is in force';

COMMENT ON COLUMN audit_private.retention_floor.category IS 'the category';

COMMENT ON COLUMN audit_private.retention_floor.takes_effect_at IS 'a floor that is lowered waits until then';

COMMENT ON COLUMN audit_private.retention_floor.days IS 'the floor; null for none';

COMMENT ON COLUMN audit_private.retention_floor.reason IS 'why it was set';

COMMENT ON COLUMN audit_private.retention_floor.set_at IS 'when';

COMMENT ON COLUMN audit_private.retention_floor.set_by IS 'login and SET ROLE role';

CREATE TABLE audit_private.role_binding (
    role_name name NOT NULL,
    is_service boolean NOT NULL,
    tenant_ids uuid[] NOT NULL,
    entity_types text[] NOT NULL,
    transaction_offset bigint NOT NULL,
    events_until timestamp with time zone,
    recorder text NOT NULL,
    only_tenant_id uuid GENERATED ALWAYS AS (
CASE
    WHEN ((NOT is_service) AND (array_length(tenant_ids, 1) = 1)) THEN tenant_ids[1]
    ELSE NULL::uuid
END) STORED
);

ALTER TABLE ONLY audit_private.role_binding FORCE ROW LEVEL SECURITY;

ALTER TABLE audit_private.role_binding OWNER TO audit_owner;

COMMENT ON TABLE audit_private.role_binding IS 'both kinds of grant by role, with what every write has to know; kept by triggers, so that it is one look-up';

COMMENT ON COLUMN audit_private.role_binding.role_name IS 'exact name';

COMMENT ON COLUMN audit_private.role_binding.is_service IS 'may act for every tenant';

COMMENT ON COLUMN audit_private.role_binding.tenant_ids IS 'may act for these';

COMMENT ON COLUMN audit_private.role_binding.entity_types IS 'the catalogue''s entity types';

COMMENT ON COLUMN audit_private.role_binding.transaction_offset IS 'as in instance';

COMMENT ON COLUMN audit_private.role_binding.events_until IS 'as in instance';

COMMENT ON COLUMN audit_private.role_binding.recorder IS 'how recorded_by names the role';

COMMENT ON COLUMN audit_private.role_binding.only_tenant_id IS 'its tenant when it needs no context';

CREATE TABLE audit_private.seal_part (
    tenant_id uuid NOT NULL,
    seal_number bigint NOT NULL,
    part integer NOT NULL,
    event_count integer NOT NULL,
    first_at timestamp with time zone NOT NULL,
    last_at timestamp with time zone NOT NULL,
    root bytea NOT NULL,
    times timestamp with time zone[] NOT NULL,
    ids uuid[] NOT NULL,
    leaves bytea NOT NULL
);
ALTER TABLE ONLY audit_private.seal_part ALTER COLUMN times SET STORAGE EXTERNAL;
ALTER TABLE ONLY audit_private.seal_part ALTER COLUMN ids SET STORAGE EXTERNAL;
ALTER TABLE ONLY audit_private.seal_part ALTER COLUMN leaves SET STORAGE EXTERNAL;

ALTER TABLE ONLY audit_private.seal_part FORCE ROW LEVEL SECURITY;

ALTER TABLE audit_private.seal_part OWNER TO audit_owner;

COMMENT ON TABLE audit_private.seal_part IS 'the lists of seals, 1024 events a row; they go when the last event of the seal has gone';

COMMENT ON COLUMN audit_private.seal_part.tenant_id IS 'whose events';

COMMENT ON COLUMN audit_private.seal_part.seal_number IS 'the seal';

COMMENT ON COLUMN audit_private.seal_part.part IS 'place in the list, from 0';

COMMENT ON COLUMN audit_private.seal_part.event_count IS 'events in this part; 1024 in all but the last';

COMMENT ON COLUMN audit_private.seal_part.first_at IS 'time of its first event';

COMMENT ON COLUMN audit_private.seal_part.last_at IS 'time of its last event';

COMMENT ON COLUMN audit_private.seal_part.root IS 'root of the tree of its leaves';

COMMENT ON COLUMN audit_private.seal_part.times IS 'occurred_at of each event, ascending';

COMMENT ON COLUMN audit_private.seal_part.ids IS 'id of each event, in the same order';

COMMENT ON COLUMN audit_private.seal_part.leaves IS 'leaf of each event, 32 bytes each, in the same order';

CREATE TABLE audit_private.seal_removal (
    tenant_id uuid NOT NULL,
    first_seal bigint NOT NULL,
    last_seal bigint NOT NULL,
    run_id uuid NOT NULL,
    removed bigint NOT NULL
);

ALTER TABLE ONLY audit_private.seal_removal FORCE ROW LEVEL SECURITY;

ALTER TABLE audit_private.seal_removal OWNER TO audit_owner;

COMMENT ON TABLE audit_private.seal_removal IS 'seals of which a purge has removed all events that were left';

COMMENT ON COLUMN audit_private.seal_removal.tenant_id IS 'whose events';

COMMENT ON COLUMN audit_private.seal_removal.first_seal IS 'first of a row of seals';

COMMENT ON COLUMN audit_private.seal_removal.last_seal IS 'last of the row';

COMMENT ON COLUMN audit_private.seal_removal.run_id IS 'the purge, whose receipt and event explain it';

COMMENT ON COLUMN audit_private.seal_removal.removed IS 'events removed';

CREATE TABLE audit_private.service_grant (
    role_name name NOT NULL,
    reason text NOT NULL,
    granted_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    granted_by text NOT NULL
);

ALTER TABLE audit_private.service_grant OWNER TO audit_owner;

COMMENT ON TABLE audit_private.service_grant IS 'service roles that may act for every tenant, as their context says';

COMMENT ON COLUMN audit_private.service_grant.role_name IS 'exact name; membership doesn''t count';

COMMENT ON COLUMN audit_private.service_grant.reason IS 'why';

COMMENT ON COLUMN audit_private.service_grant.granted_at IS 'when';

COMMENT ON COLUMN audit_private.service_grant.granted_by IS 'login and SET ROLE role';

CREATE TABLE audit_private.tenant_grant (
    tenant_id uuid NOT NULL,
    role_name name NOT NULL,
    granted_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    granted_by text NOT NULL
);

ALTER TABLE ONLY audit_private.tenant_grant FORCE ROW LEVEL SECURITY;

ALTER TABLE audit_private.tenant_grant OWNER TO audit_owner;

COMMENT ON TABLE audit_private.tenant_grant IS 'database roles that may act for one tenant';

COMMENT ON COLUMN audit_private.tenant_grant.tenant_id IS 'the tenant';

COMMENT ON COLUMN audit_private.tenant_grant.role_name IS 'exact name; membership doesn''t count';

COMMENT ON COLUMN audit_private.tenant_grant.granted_at IS 'when';

COMMENT ON COLUMN audit_private.tenant_grant.granted_by IS 'login and SET ROLE role';

CREATE TABLE audit_private.tree_node (
    level smallint NOT NULL,
    "position" bigint NOT NULL,
    hash bytea NOT NULL
);

ALTER TABLE audit_private.tree_node OWNER TO audit_owner;

COMMENT ON TABLE audit_private.tree_node IS 'the log: the tree of RFC 6962 over all seals, of which those nodes are kept that never change again';

COMMENT ON COLUMN audit_private.tree_node.level IS '0 for seals; a node stands for 2 ^ level of them';

COMMENT ON COLUMN audit_private.tree_node."position" IS 'from the left, from 0';

COMMENT ON COLUMN audit_private.tree_node.hash IS 'the node''s hash';

CREATE TABLE audit_private.verification (
    from_time timestamp with time zone NOT NULL,
    until_time timestamp with time zone NOT NULL,
    verified_at timestamp with time zone NOT NULL,
    log_size bigint NOT NULL,
    finding_count bigint NOT NULL,
    findings jsonb NOT NULL
);

ALTER TABLE audit_private.verification OWNER TO audit_owner;

COMMENT ON TABLE audit_private.verification IS 'each week of events, and what verifying it last found';

COMMENT ON COLUMN audit_private.verification.from_time IS 'first moment of the week, by when events occurred; minus infinity for what concerns the log as a whole';

COMMENT ON COLUMN audit_private.verification.until_time IS 'first moment after it';

COMMENT ON COLUMN audit_private.verification.verified_at IS 'when it was last verified';

COMMENT ON COLUMN audit_private.verification.log_size IS 'seals that the log had then';

COMMENT ON COLUMN audit_private.verification.finding_count IS 'how much was wrong';

COMMENT ON COLUMN audit_private.verification.findings IS 'the first hundred findings';

ALTER TABLE ONLY audit_private.access_closing
    ADD CONSTRAINT access_closing_pkey PRIMARY KEY (tenant_id, access_id);

ALTER TABLE ONLY audit_private.access_reason
    ADD CONSTRAINT access_reason_pkey PRIMARY KEY (access_reason);

ALTER TABLE ONLY audit_private.access_session
    ADD CONSTRAINT access_session_pkey PRIMARY KEY (tenant_id, access_id);

ALTER TABLE ONLY audit_private.action
    ADD CONSTRAINT action_pkey PRIMARY KEY (action);

ALTER TABLE ONLY audit_private.action_toggle
    ADD CONSTRAINT action_toggle_pkey PRIMARY KEY (tenant_id, action);

ALTER TABLE ONLY audit_private.actor_type
    ADD CONSTRAINT actor_type_pkey PRIMARY KEY (actor_type);

ALTER TABLE ONLY audit_private.category
    ADD CONSTRAINT category_pkey PRIMARY KEY (category);

ALTER TABLE ONLY audit_private.category_toggle
    ADD CONSTRAINT category_toggle_pkey PRIMARY KEY (tenant_id, category);

ALTER TABLE ONLY audit_private.data_purge_receipt
    ADD CONSTRAINT data_purge_receipt_pkey PRIMARY KEY (tenant_id, run_id, relation);

ALTER TABLE ONLY audit_private.data_retention_group
    ADD CONSTRAINT data_retention_group_pkey PRIMARY KEY (relation, group_key);

ALTER TABLE ONLY audit_private.data_retention
    ADD CONSTRAINT data_retention_object_name_key UNIQUE (object_name);

ALTER TABLE ONLY audit_private.data_retention
    ADD CONSTRAINT data_retention_pkey PRIMARY KEY (relation);

ALTER TABLE ONLY audit_private.data_retention_preview
    ADD CONSTRAINT data_retention_preview_pkey PRIMARY KEY (relation, previewed_by);

ALTER TABLE ONLY audit_private.data_retention_wait
    ADD CONSTRAINT data_retention_wait_pkey PRIMARY KEY (relation, entity_id);

ALTER TABLE ONLY audit_private.entity_type
    ADD CONSTRAINT entity_type_pkey PRIMARY KEY (entity_type);

ALTER TABLE ONLY audit_private.epoch
    ADD CONSTRAINT epoch_pkey PRIMARY KEY (epoch);

ALTER TABLE ONLY audit_private.erased_event
    ADD CONSTRAINT erased_event_pkey PRIMARY KEY (tenant_id, erasure_id, event_id);

ALTER TABLE ONLY audit_private.erasure
    ADD CONSTRAINT erasure_pkey PRIMARY KEY (tenant_id, erasure_id);

ALTER TABLE ONLY audit_private.event
    ADD CONSTRAINT event_pkey PRIMARY KEY (tenant_id, occurred_at, id);

ALTER TABLE ONLY audit_private.export_cancellation
    ADD CONSTRAINT export_cancellation_pkey PRIMARY KEY (tenant_id, export_id);

ALTER TABLE ONLY audit_private.export_chunk
    ADD CONSTRAINT export_chunk_pkey PRIMARY KEY (tenant_id, export_id, number);

ALTER TABLE ONLY audit_private.export
    ADD CONSTRAINT export_pkey PRIMARY KEY (tenant_id, export_id);

ALTER TABLE ONLY audit_private.idempotency_key
    ADD CONSTRAINT idempotency_key_pkey PRIMARY KEY (tenant_id, idempotency_key);

ALTER TABLE ONLY audit_private.installation
    ADD CONSTRAINT installation_pkey PRIMARY KEY (installed_at);

ALTER TABLE ONLY audit_private.installed_object
    ADD CONSTRAINT installed_object_pkey PRIMARY KEY (kind, name);

ALTER TABLE ONLY audit_private.instance
    ADD CONSTRAINT instance_pkey PRIMARY KEY (is_only);

ALTER TABLE ONLY audit_private.job_run
    ADD CONSTRAINT job_run_pkey PRIMARY KEY (run_id);

ALTER TABLE ONLY audit_private.job_schedule
    ADD CONSTRAINT job_schedule_pkey PRIMARY KEY (job_name, scheduled_by);

ALTER TABLE ONLY audit_private.legal_hold
    ADD CONSTRAINT legal_hold_pkey PRIMARY KEY (tenant_id, hold_id);

ALTER TABLE ONLY audit_private.logging_decision
    ADD CONSTRAINT logging_decision_pkey PRIMARY KEY (tenant_id, action);

ALTER TABLE ONLY audit_private.option
    ADD CONSTRAINT option_pkey PRIMARY KEY (name);

ALTER TABLE ONLY audit_private.outcome
    ADD CONSTRAINT outcome_pkey PRIMARY KEY (outcome);

ALTER TABLE ONLY audit_private.part_removal
    ADD CONSTRAINT part_removal_pkey PRIMARY KEY (tenant_id, seal_number, part, run_id);

ALTER TABLE ONLY audit_private.pending_erasure
    ADD CONSTRAINT pending_erasure_pkey PRIMARY KEY (tenant_id, erasure_id, occurred_at, event_id);

ALTER TABLE ONLY audit_private.purge_receipt
    ADD CONSTRAINT purge_receipt_pkey PRIMARY KEY (tenant_id, run_id);

ALTER TABLE ONLY audit_private.retention_floor
    ADD CONSTRAINT retention_floor_pkey PRIMARY KEY (category, takes_effect_at);

ALTER TABLE ONLY audit_private.retention_policy
    ADD CONSTRAINT retention_policy_pkey PRIMARY KEY (tenant_id, takes_effect_at);

ALTER TABLE ONLY audit_private.role_binding
    ADD CONSTRAINT role_binding_pkey PRIMARY KEY (role_name);

ALTER TABLE ONLY audit_private.seal_part
    ADD CONSTRAINT seal_part_pkey PRIMARY KEY (tenant_id, seal_number, part);

ALTER TABLE ONLY audit_private.seal
    ADD CONSTRAINT seal_pkey PRIMARY KEY (tenant_id, seal_number);

ALTER TABLE ONLY audit_private.seal_removal
    ADD CONSTRAINT seal_removal_pkey PRIMARY KEY (tenant_id, last_seal);

ALTER TABLE ONLY audit_private.sealing
    ADD CONSTRAINT sealing_pkey PRIMARY KEY (is_only);

ALTER TABLE ONLY audit_private.service_grant
    ADD CONSTRAINT service_grant_pkey PRIMARY KEY (role_name);

ALTER TABLE ONLY audit_private.tenant_grant
    ADD CONSTRAINT tenant_grant_pkey PRIMARY KEY (tenant_id, role_name);

ALTER TABLE ONLY audit_private.tenant
    ADD CONSTRAINT tenant_pkey PRIMARY KEY (tenant_id);

ALTER TABLE ONLY audit_private.tree_node
    ADD CONSTRAINT tree_node_pkey PRIMARY KEY (level, "position");

ALTER TABLE ONLY audit_private.verification
    ADD CONSTRAINT verification_pkey PRIMARY KEY (from_time);

ALTER TABLE ONLY audit_private.watched_table
    ADD CONSTRAINT watched_table_pkey PRIMARY KEY (entity_type);

CREATE INDEX access_session_opened_at_idx ON audit_private.access_session USING btree (tenant_id, opened_at);

CREATE INDEX action_category_idx ON audit_private.action USING btree (category);

CREATE INDEX capture_spool_spool_id_idx ON audit_private.capture_spool USING btree (spool_id);

CREATE INDEX data_purge_receipt_relation_idx ON audit_private.data_purge_receipt USING btree (relation, started_at);

CREATE INDEX data_purge_receipt_run_id_idx ON audit_private.data_purge_receipt USING btree (run_id, relation);

CREATE INDEX data_purge_receipt_started_at_idx ON audit_private.data_purge_receipt USING btree (started_at);

CREATE INDEX erased_event_occurred_at_idx ON audit_private.erased_event USING btree (occurred_at);

CREATE INDEX event_transaction_id_idx ON ONLY audit_private.event USING brin (transaction_id);

CREATE INDEX export_state_idx ON audit_private.export USING btree (tenant_id, state) WHERE (state = ANY (ARRAY['pending'::text, 'running'::text, 'completed'::text]));

CREATE INDEX job_run_job_name_idx ON audit_private.job_run USING btree (job_name, started_at);

CREATE UNIQUE INDEX job_run_running_idx ON audit_private.job_run USING btree (job_name) WHERE (result = 'running'::text);

CREATE UNIQUE INDEX legal_hold_name_idx ON audit_private.legal_hold USING btree (tenant_id, name) WHERE (released_at IS NULL);

CREATE INDEX part_removal_run_id_idx ON audit_private.part_removal USING btree (tenant_id, run_id);

CREATE INDEX purge_receipt_is_told_idx ON audit_private.purge_receipt USING btree (run_id) WHERE ((NOT is_told) AND ((removed > 0) OR is_last));

CREATE INDEX purge_receipt_run_id_idx ON audit_private.purge_receipt USING btree (run_id);

CREATE INDEX seal_last_at_idx ON audit_private.seal USING btree (tenant_id, last_at);

CREATE INDEX seal_log_index_idx ON audit_private.seal USING btree (log_index);

CREATE INDEX seal_long_idx ON audit_private.seal USING btree (tenant_id, last_at) WHERE ((last_at - first_at) > '01:00:00'::interval);

CREATE INDEX seal_removal_run_id_idx ON audit_private.seal_removal USING btree (tenant_id, run_id);

CREATE INDEX seal_sealed_at_idx ON audit_private.seal USING brin (sealed_at);

CREATE INDEX watched_table_name_idx ON audit_private.watched_table USING btree (schema_name, table_name);

CREATE TRIGGER action_resolve_catalogue AFTER INSERT OR UPDATE ON audit_private.action FOR EACH STATEMENT EXECUTE FUNCTION audit_private.resolve_catalogue();

ALTER TABLE audit_private.action ENABLE ALWAYS TRIGGER action_resolve_catalogue;

CREATE TRIGGER action_toggle_resolve_toggles AFTER INSERT OR DELETE OR UPDATE ON audit_private.action_toggle FOR EACH ROW EXECUTE FUNCTION audit_private.resolve_toggles();

ALTER TABLE audit_private.action_toggle ENABLE ALWAYS TRIGGER action_toggle_resolve_toggles;

CREATE TRIGGER category_toggle_resolve_toggles AFTER INSERT OR DELETE OR UPDATE ON audit_private.category_toggle FOR EACH ROW EXECUTE FUNCTION audit_private.resolve_toggles();

ALTER TABLE audit_private.category_toggle ENABLE ALWAYS TRIGGER category_toggle_resolve_toggles;

CREATE TRIGGER entity_type_refresh_bindings AFTER INSERT OR DELETE ON audit_private.entity_type FOR EACH STATEMENT EXECUTE FUNCTION audit_private.refresh_bindings();

ALTER TABLE audit_private.entity_type ENABLE ALWAYS TRIGGER entity_type_refresh_bindings;

CREATE TRIGGER event_refuse_change BEFORE DELETE OR UPDATE OR TRUNCATE ON audit_private.event FOR EACH STATEMENT EXECUTE FUNCTION audit_private.refuse_change();

ALTER TABLE audit_private.event ENABLE ALWAYS TRIGGER event_refuse_change;

CREATE TRIGGER instance_refresh_bindings AFTER UPDATE ON audit_private.instance FOR EACH STATEMENT EXECUTE FUNCTION audit_private.refresh_bindings();

ALTER TABLE audit_private.instance ENABLE ALWAYS TRIGGER instance_refresh_bindings;

CREATE TRIGGER option_resolve_catalogue AFTER UPDATE ON audit_private.option FOR EACH STATEMENT EXECUTE FUNCTION audit_private.resolve_catalogue();

ALTER TABLE audit_private.option ENABLE ALWAYS TRIGGER option_resolve_catalogue;

CREATE TRIGGER part_removal_refuse_change BEFORE DELETE OR UPDATE OR TRUNCATE ON audit_private.part_removal FOR EACH STATEMENT EXECUTE FUNCTION audit_private.refuse_change();

ALTER TABLE audit_private.part_removal ENABLE ALWAYS TRIGGER part_removal_refuse_change;

CREATE TRIGGER seal_part_refuse_change BEFORE DELETE OR UPDATE OR TRUNCATE ON audit_private.seal_part FOR EACH STATEMENT EXECUTE FUNCTION audit_private.refuse_change();

ALTER TABLE audit_private.seal_part ENABLE ALWAYS TRIGGER seal_part_refuse_change;

CREATE TRIGGER seal_refuse_change BEFORE DELETE OR UPDATE OR TRUNCATE ON audit_private.seal FOR EACH STATEMENT EXECUTE FUNCTION audit_private.refuse_change();

ALTER TABLE audit_private.seal ENABLE ALWAYS TRIGGER seal_refuse_change;

CREATE TRIGGER seal_removal_refuse_change BEFORE DELETE OR UPDATE OR TRUNCATE ON audit_private.seal_removal FOR EACH STATEMENT EXECUTE FUNCTION audit_private.refuse_change();

ALTER TABLE audit_private.seal_removal ENABLE ALWAYS TRIGGER seal_removal_refuse_change;

CREATE TRIGGER service_grant_bind_roles AFTER INSERT OR DELETE OR UPDATE ON audit_private.service_grant FOR EACH ROW EXECUTE FUNCTION audit_private.bind_roles();

ALTER TABLE audit_private.service_grant ENABLE ALWAYS TRIGGER service_grant_bind_roles;

CREATE TRIGGER tenant_grant_bind_roles AFTER INSERT OR DELETE OR UPDATE ON audit_private.tenant_grant FOR EACH ROW EXECUTE FUNCTION audit_private.bind_roles();

ALTER TABLE audit_private.tenant_grant ENABLE ALWAYS TRIGGER tenant_grant_bind_roles;

CREATE TRIGGER tenant_resolve_toggles AFTER INSERT OR UPDATE ON audit_private.tenant FOR EACH ROW EXECUTE FUNCTION audit_private.resolve_toggles();

ALTER TABLE audit_private.tenant ENABLE ALWAYS TRIGGER tenant_resolve_toggles;

CREATE TRIGGER tree_node_refuse_change BEFORE DELETE OR UPDATE OR TRUNCATE ON audit_private.tree_node FOR EACH STATEMENT EXECUTE FUNCTION audit_private.refuse_change();

ALTER TABLE audit_private.tree_node ENABLE ALWAYS TRIGGER tree_node_refuse_change;

ALTER TABLE ONLY audit_private.action
    ADD CONSTRAINT action_category_fkey FOREIGN KEY (category) REFERENCES audit_private.category(category);

ALTER TABLE ONLY audit_private.action_toggle
    ADD CONSTRAINT action_toggle_action_fkey FOREIGN KEY (action) REFERENCES audit_private.action(action);

ALTER TABLE ONLY audit_private.action_toggle
    ADD CONSTRAINT action_toggle_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES audit_private.tenant(tenant_id);

ALTER TABLE ONLY audit_private.category_toggle
    ADD CONSTRAINT category_toggle_category_fkey FOREIGN KEY (category) REFERENCES audit_private.category(category);

ALTER TABLE ONLY audit_private.category_toggle
    ADD CONSTRAINT category_toggle_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES audit_private.tenant(tenant_id);

ALTER TABLE ONLY audit_private.data_purge_receipt
    ADD CONSTRAINT data_purge_receipt_run_id_fkey FOREIGN KEY (run_id) REFERENCES audit_private.job_run(run_id);

ALTER TABLE ONLY audit_private.data_retention_group
    ADD CONSTRAINT data_retention_group_relation_fkey FOREIGN KEY (relation) REFERENCES audit_private.data_retention(relation) ON DELETE CASCADE;

ALTER TABLE ONLY audit_private.data_retention_preview
    ADD CONSTRAINT data_retention_preview_relation_fkey FOREIGN KEY (relation) REFERENCES audit_private.data_retention(relation) ON DELETE CASCADE;

ALTER TABLE ONLY audit_private.data_retention_wait
    ADD CONSTRAINT data_retention_wait_relation_fkey FOREIGN KEY (relation) REFERENCES audit_private.data_retention(relation) ON DELETE CASCADE;

ALTER TABLE ONLY audit_private.erased_event
    ADD CONSTRAINT erased_event_tenant_id_erasure_id_fkey FOREIGN KEY (tenant_id, erasure_id) REFERENCES audit_private.erasure(tenant_id, erasure_id);

ALTER TABLE ONLY audit_private.erasure
    ADD CONSTRAINT erasure_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES audit_private.tenant(tenant_id);

ALTER TABLE ONLY audit_private.export_chunk
    ADD CONSTRAINT export_chunk_tenant_id_export_id_fkey FOREIGN KEY (tenant_id, export_id) REFERENCES audit_private.export(tenant_id, export_id);

ALTER TABLE ONLY audit_private.export
    ADD CONSTRAINT export_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES audit_private.tenant(tenant_id);

ALTER TABLE ONLY audit_private.legal_hold
    ADD CONSTRAINT legal_hold_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES audit_private.tenant(tenant_id);

ALTER TABLE ONLY audit_private.pending_erasure
    ADD CONSTRAINT pending_erasure_tenant_id_erasure_id_fkey FOREIGN KEY (tenant_id, erasure_id) REFERENCES audit_private.erasure(tenant_id, erasure_id);

ALTER TABLE ONLY audit_private.retention_floor
    ADD CONSTRAINT retention_floor_category_fkey FOREIGN KEY (category) REFERENCES audit_private.category(category);

ALTER TABLE ONLY audit_private.retention_policy
    ADD CONSTRAINT retention_policy_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES audit_private.tenant(tenant_id);

ALTER TABLE ONLY audit_private.seal
    ADD CONSTRAINT seal_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES audit_private.tenant(tenant_id);

ALTER TABLE ONLY audit_private.tenant_grant
    ADD CONSTRAINT tenant_grant_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES audit_private.tenant(tenant_id);

CREATE POLICY "A tenant is visible to itself and to operators" ON audit_private.tenant TO audit_owner USING (((tenant_id = ( SELECT audit_private.visible_tenant() AS visible_tenant)) OR ( SELECT audit_private.sees_all_tenants() AS sees_all_tenants)));

CREATE POLICY "Access sessions are visible to their tenant and to operators" ON audit_private.access_session TO audit_owner USING (((tenant_id = ( SELECT audit_private.visible_tenant() AS visible_tenant)) OR ( SELECT audit_private.sees_all_tenants() AS sees_all_tenants)));

CREATE POLICY "Backups are complete" ON audit_private.access_closing FOR SELECT TO audit_backup USING (true);

CREATE POLICY "Backups are complete" ON audit_private.access_session FOR SELECT TO audit_backup USING (true);

CREATE POLICY "Backups are complete" ON audit_private.action_toggle FOR SELECT TO audit_backup USING (true);

CREATE POLICY "Backups are complete" ON audit_private.capture_spool FOR SELECT TO audit_backup USING (true);

CREATE POLICY "Backups are complete" ON audit_private.category_toggle FOR SELECT TO audit_backup USING (true);

CREATE POLICY "Backups are complete" ON audit_private.data_purge_receipt FOR SELECT TO audit_backup USING (true);

CREATE POLICY "Backups are complete" ON audit_private.erased_event FOR SELECT TO audit_backup USING (true);

CREATE POLICY "Backups are complete" ON audit_private.erasure FOR SELECT TO audit_backup USING (true);

CREATE POLICY "Backups are complete" ON audit_private.event FOR SELECT TO audit_backup USING (true);

CREATE POLICY "Backups are complete" ON audit_private.export FOR SELECT TO audit_backup USING (true);

CREATE POLICY "Backups are complete" ON audit_private.export_cancellation FOR SELECT TO audit_backup USING (true);

CREATE POLICY "Backups are complete" ON audit_private.export_chunk FOR SELECT TO audit_backup USING (true);

CREATE POLICY "Backups are complete" ON audit_private.idempotency_key FOR SELECT TO audit_backup USING (true);

CREATE POLICY "Backups are complete" ON audit_private.legal_hold FOR SELECT TO audit_backup USING (true);

CREATE POLICY "Backups are complete" ON audit_private.logging_decision FOR SELECT TO audit_backup USING (true);

CREATE POLICY "Backups are complete" ON audit_private.part_removal FOR SELECT TO audit_backup USING (true);

CREATE POLICY "Backups are complete" ON audit_private.pending_erasure FOR SELECT TO audit_backup USING (true);

CREATE POLICY "Backups are complete" ON audit_private.purge_receipt FOR SELECT TO audit_backup USING (true);

CREATE POLICY "Backups are complete" ON audit_private.retention_policy FOR SELECT TO audit_backup USING (true);

CREATE POLICY "Backups are complete" ON audit_private.role_binding FOR SELECT TO audit_backup USING (true);

CREATE POLICY "Backups are complete" ON audit_private.seal FOR SELECT TO audit_backup USING (true);

CREATE POLICY "Backups are complete" ON audit_private.seal_part FOR SELECT TO audit_backup USING (true);

CREATE POLICY "Backups are complete" ON audit_private.seal_removal FOR SELECT TO audit_backup USING (true);

CREATE POLICY "Backups are complete" ON audit_private.tenant FOR SELECT TO audit_backup USING (true);

CREATE POLICY "Backups are complete" ON audit_private.tenant_grant FOR SELECT TO audit_backup USING (true);

CREATE POLICY "Bindings are what the tenant wall stands on" ON audit_private.role_binding TO audit_owner USING (true);

CREATE POLICY "Cancellations are visible to their tenant and to operators" ON audit_private.export_cancellation TO audit_owner USING (((tenant_id = ( SELECT audit_private.visible_tenant() AS visible_tenant)) OR ( SELECT audit_private.sees_all_tenants() AS sees_all_tenants)));

CREATE POLICY "Closings are visible to their tenant and to operators" ON audit_private.access_closing TO audit_owner USING (((tenant_id = ( SELECT audit_private.visible_tenant() AS visible_tenant)) OR ( SELECT audit_private.sees_all_tenants() AS sees_all_tenants)));

CREATE POLICY "Content is visible to its tenant and to operators" ON audit_private.export_chunk TO audit_owner USING (((tenant_id = ( SELECT audit_private.visible_tenant() AS visible_tenant)) OR ( SELECT audit_private.sees_all_tenants() AS sees_all_tenants)));

CREATE POLICY "Decisions are visible to their tenant and to operators" ON audit_private.logging_decision TO audit_owner USING (((tenant_id = ( SELECT audit_private.visible_tenant() AS visible_tenant)) OR ( SELECT audit_private.sees_all_tenants() AS sees_all_tenants)));

CREATE POLICY "Engine roles decide by policies" ON audit_private.retention_policy FOR SELECT TO audit_writer, audit_finder, audit_keeper USING (true);

CREATE POLICY "Engine roles respect holds" ON audit_private.legal_hold FOR SELECT TO audit_finder, audit_keeper USING (true);

CREATE POLICY "Erased events are told to their tenant and to operators" ON audit_private.erased_event FOR SELECT TO audit_owner USING (((tenant_id = ( SELECT audit_private.visible_tenant() AS visible_tenant)) OR ( SELECT audit_private.sees_all_tenants() AS sees_all_tenants)));

CREATE POLICY "Erasures are visible to their tenant and to operators" ON audit_private.erasure TO audit_owner USING (((tenant_id = ( SELECT audit_private.visible_tenant() AS visible_tenant)) OR ( SELECT audit_private.sees_all_tenants() AS sees_all_tenants)));

CREATE POLICY "Events leave only to their tenant, with a reason" ON audit_private.event FOR SELECT TO audit_owner USING (((tenant_id = ( SELECT audit_private.readable_tenant() AS readable_tenant)) AND ((occurred_at >= ( SELECT audit_private.readable_since() AS readable_since)) OR audit_private.is_retained(tenant_id, occurred_at, id, source, action, entity_type, actor_type, outcome, actor_id, entity_id))));

CREATE POLICY "Exports are visible to their tenant and to operators" ON audit_private.export TO audit_owner USING (((tenant_id = ( SELECT audit_private.visible_tenant() AS visible_tenant)) OR ( SELECT audit_private.sees_all_tenants() AS sees_all_tenants)));

CREATE POLICY "Grants are visible to their tenant and to operators" ON audit_private.tenant_grant TO audit_owner USING (((tenant_id = ( SELECT audit_private.visible_tenant() AS visible_tenant)) OR ( SELECT audit_private.sees_all_tenants() AS sees_all_tenants)));

CREATE POLICY "Holds are visible to their tenant and to operators" ON audit_private.legal_hold TO audit_owner USING (((tenant_id = ( SELECT audit_private.visible_tenant() AS visible_tenant)) OR ( SELECT audit_private.sees_all_tenants() AS sees_all_tenants)));

CREATE POLICY "Policies are visible to their tenant and to operators" ON audit_private.retention_policy TO audit_owner USING (((tenant_id = ( SELECT audit_private.visible_tenant() AS visible_tenant)) OR ( SELECT audit_private.sees_all_tenants() AS sees_all_tenants)));

CREATE POLICY "Receipts are visible to their tenant and to operators" ON audit_private.data_purge_receipt TO audit_owner USING (((tenant_id = ( SELECT audit_private.visible_tenant() AS visible_tenant)) OR ( SELECT audit_private.sees_all_tenants() AS sees_all_tenants)));

CREATE POLICY "Receipts are visible to their tenant and to operators" ON audit_private.purge_receipt FOR SELECT TO audit_owner USING (((tenant_id = ( SELECT audit_private.visible_tenant() AS visible_tenant)) OR ( SELECT audit_private.sees_all_tenants() AS sees_all_tenants)));

CREATE POLICY "Retention is decided tenant by tenant" ON audit_private.tenant FOR SELECT TO audit_finder, audit_keeper USING (true);

CREATE POLICY "Seals are verified with their receipts" ON audit_private.purge_receipt FOR SELECT TO audit_finder USING (true);

CREATE POLICY "Seals are visible to their tenant and to operators" ON audit_private.seal FOR SELECT TO audit_owner USING (((tenant_id = ( SELECT audit_private.visible_tenant() AS visible_tenant)) OR ( SELECT audit_private.sees_all_tenants() AS sees_all_tenants)));

CREATE POLICY "Spooled changes are counted for their tenant and for operators" ON audit_private.capture_spool FOR SELECT TO audit_owner USING (((tenant_id = ( SELECT audit_private.visible_tenant() AS visible_tenant)) OR ( SELECT audit_private.sees_all_tenants() AS sees_all_tenants)));

CREATE POLICY "The finder seals" ON audit_private.seal TO audit_finder USING (true) WITH CHECK (true);

CREATE POLICY "The finder seals" ON audit_private.seal_part TO audit_finder USING (true) WITH CHECK (true);

CREATE POLICY "The finder sees keys and hashes" ON audit_private.event FOR SELECT TO audit_finder USING (true);

CREATE POLICY "The finder verifies" ON audit_private.erased_event FOR SELECT TO audit_finder USING (true);

CREATE POLICY "The finder verifies" ON audit_private.erasure FOR SELECT TO audit_finder USING (true);

CREATE POLICY "The finder verifies" ON audit_private.part_removal FOR SELECT TO audit_finder USING (true);

CREATE POLICY "The finder verifies" ON audit_private.seal_removal FOR SELECT TO audit_finder USING (true);

CREATE POLICY "The finder verifies" ON audit_private.tenant_grant FOR SELECT TO audit_finder USING (true);

CREATE POLICY "The keeper erases" ON audit_private.capture_spool FOR UPDATE TO audit_keeper USING (true);

CREATE POLICY "The keeper erases" ON audit_private.event FOR UPDATE TO audit_keeper USING (true);

CREATE POLICY "The keeper erases" ON audit_private.idempotency_key FOR DELETE TO audit_keeper USING (true);

CREATE POLICY "The keeper gives receipts" ON audit_private.purge_receipt TO audit_keeper USING (true) WITH CHECK (true);

CREATE POLICY "The keeper is told how much it wrote" ON audit_private.export_chunk FOR SELECT TO audit_keeper USING (true);

CREATE POLICY "The keeper notes what it has erased" ON audit_private.erased_event FOR INSERT TO audit_keeper WITH CHECK (true);

CREATE POLICY "The keeper notes what it is to erase" ON audit_private.pending_erasure TO audit_keeper USING (true) WITH CHECK (true);

CREATE POLICY "The keeper notes what it removes" ON audit_private.part_removal TO audit_keeper USING (true) WITH CHECK (true);

CREATE POLICY "The keeper notes what it removes" ON audit_private.seal FOR SELECT TO audit_keeper USING (true);

CREATE POLICY "The keeper notes what it removes" ON audit_private.seal_part TO audit_keeper USING (true);

CREATE POLICY "The keeper notes what it removes" ON audit_private.seal_removal TO audit_keeper USING (true) WITH CHECK (true);

CREATE POLICY "The keeper puts survivors back" ON audit_private.event FOR INSERT TO audit_keeper WITH CHECK (true);

CREATE POLICY "The keeper reads what it decides on" ON audit_private.capture_spool FOR SELECT TO audit_keeper USING (true);

CREATE POLICY "The keeper reads what it decides on" ON audit_private.event FOR SELECT TO audit_keeper USING (true);

CREATE POLICY "The keeper reads what it decides on" ON audit_private.idempotency_key FOR SELECT TO audit_keeper USING (true);

CREATE POLICY "The keeper removes" ON audit_private.event FOR DELETE TO audit_keeper USING (true);

CREATE POLICY "The keeper waits for exports" ON audit_private.export FOR SELECT TO audit_keeper USING (true);

CREATE POLICY "The keeper writes content" ON audit_private.export_chunk FOR INSERT TO audit_keeper WITH CHECK (true);

CREATE POLICY "The writer appends" ON audit_private.event FOR INSERT TO audit_writer WITH CHECK (true);

CREATE POLICY "The writer keeps keys" ON audit_private.idempotency_key TO audit_writer USING (true);

CREATE POLICY "The writer spools and logs later" ON audit_private.capture_spool TO audit_writer USING (true) WITH CHECK (true);

CREATE POLICY "Toggles are visible to their tenant and to operators" ON audit_private.action_toggle TO audit_owner USING (((tenant_id = ( SELECT audit_private.visible_tenant() AS visible_tenant)) OR ( SELECT audit_private.sees_all_tenants() AS sees_all_tenants)));

CREATE POLICY "Toggles are visible to their tenant and to operators" ON audit_private.category_toggle TO audit_owner USING (((tenant_id = ( SELECT audit_private.visible_tenant() AS visible_tenant)) OR ( SELECT audit_private.sees_all_tenants() AS sees_all_tenants)));

CREATE POLICY "What waits is counted for its tenant and for operators" ON audit_private.pending_erasure FOR SELECT TO audit_owner USING (((tenant_id = ( SELECT audit_private.visible_tenant() AS visible_tenant)) OR ( SELECT audit_private.sees_all_tenants() AS sees_all_tenants)));

CREATE POLICY "Writers check bindings" ON audit_private.role_binding FOR SELECT TO audit_writer USING (true);

CREATE POLICY "Writers read decisions" ON audit_private.logging_decision FOR SELECT TO audit_writer USING (true);

CREATE POLICY "Writers see every tenant" ON audit_private.tenant FOR SELECT TO audit_writer USING (true);

ALTER TABLE audit_private.access_closing ENABLE ROW LEVEL SECURITY;

ALTER TABLE audit_private.access_session ENABLE ROW LEVEL SECURITY;

ALTER TABLE audit_private.action_toggle ENABLE ROW LEVEL SECURITY;

ALTER TABLE audit_private.capture_spool ENABLE ROW LEVEL SECURITY;

ALTER TABLE audit_private.category_toggle ENABLE ROW LEVEL SECURITY;

ALTER TABLE audit_private.data_purge_receipt ENABLE ROW LEVEL SECURITY;

ALTER TABLE audit_private.erased_event ENABLE ROW LEVEL SECURITY;

ALTER TABLE audit_private.erasure ENABLE ROW LEVEL SECURITY;

ALTER TABLE audit_private.event ENABLE ROW LEVEL SECURITY;

ALTER TABLE audit_private.export ENABLE ROW LEVEL SECURITY;

ALTER TABLE audit_private.export_cancellation ENABLE ROW LEVEL SECURITY;

ALTER TABLE audit_private.export_chunk ENABLE ROW LEVEL SECURITY;

ALTER TABLE audit_private.idempotency_key ENABLE ROW LEVEL SECURITY;

ALTER TABLE audit_private.legal_hold ENABLE ROW LEVEL SECURITY;

ALTER TABLE audit_private.logging_decision ENABLE ROW LEVEL SECURITY;

ALTER TABLE audit_private.part_removal ENABLE ROW LEVEL SECURITY;

ALTER TABLE audit_private.pending_erasure ENABLE ROW LEVEL SECURITY;

ALTER TABLE audit_private.purge_receipt ENABLE ROW LEVEL SECURITY;

ALTER TABLE audit_private.retention_policy ENABLE ROW LEVEL SECURITY;

ALTER TABLE audit_private.role_binding ENABLE ROW LEVEL SECURITY;

ALTER TABLE audit_private.seal ENABLE ROW LEVEL SECURITY;

ALTER TABLE audit_private.seal_part ENABLE ROW LEVEL SECURITY;

ALTER TABLE audit_private.seal_removal ENABLE ROW LEVEL SECURITY;

ALTER TABLE audit_private.tenant ENABLE ROW LEVEL SECURITY;

ALTER TABLE audit_private.tenant_grant ENABLE ROW LEVEL SECURITY;

GRANT USAGE ON SCHEMA audit TO audit_app;
GRANT USAGE ON SCHEMA audit TO audit_reader;
GRANT USAGE ON SCHEMA audit TO audit_admin;
GRANT USAGE ON SCHEMA audit TO audit_privacy;
GRANT USAGE ON SCHEMA audit TO audit_operator;
GRANT USAGE ON SCHEMA audit TO audit_auditor;
GRANT USAGE ON SCHEMA audit TO audit_backup;
GRANT ALL ON SCHEMA audit TO audit_writer;
GRANT ALL ON SCHEMA audit TO audit_finder;
GRANT ALL ON SCHEMA audit TO audit_keeper;

GRANT USAGE ON SCHEMA audit_data TO audit_operator;

GRANT ALL ON SCHEMA audit_private TO audit_writer;
GRANT ALL ON SCHEMA audit_private TO audit_finder;
GRANT ALL ON SCHEMA audit_private TO audit_keeper;
GRANT USAGE ON SCHEMA audit_private TO audit_operator;
GRANT USAGE ON SCHEMA audit_private TO audit_backup;

REVOKE ALL ON TYPE audit_private.finding FROM PUBLIC;
GRANT ALL ON TYPE audit_private.finding TO audit_finder;

REVOKE ALL ON FUNCTION audit.accept_restore(reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.accept_restore(reason text) TO audit_operator;

REVOKE ALL ON FUNCTION audit.arm_data_retention(relation regclass, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.arm_data_retention(relation regclass, reason text) TO audit_operator;

REVOKE ALL ON FUNCTION audit.begin_export(filter jsonb, format text, tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.begin_export(filter jsonb, format text, tenant_id uuid) TO audit_reader;
GRANT ALL ON FUNCTION audit.begin_export(filter jsonb, format text, tenant_id uuid) TO audit_admin;
GRANT ALL ON FUNCTION audit.begin_export(filter jsonb, format text, tenant_id uuid) TO audit_privacy;
GRANT ALL ON FUNCTION audit.begin_export(filter jsonb, format text, tenant_id uuid) TO audit_auditor;

REVOKE ALL ON FUNCTION audit.cancel_export(export_id uuid, tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.cancel_export(export_id uuid, tenant_id uuid) TO audit_reader;
GRANT ALL ON FUNCTION audit.cancel_export(export_id uuid, tenant_id uuid) TO audit_admin;
GRANT ALL ON FUNCTION audit.cancel_export(export_id uuid, tenant_id uuid) TO audit_privacy;
GRANT ALL ON FUNCTION audit.cancel_export(export_id uuid, tenant_id uuid) TO audit_auditor;

REVOKE ALL ON FUNCTION audit.cancel_retention_change(reason text, tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.cancel_retention_change(reason text, tenant_id uuid) TO audit_admin;

REVOKE ALL ON FUNCTION audit.check_health() FROM PUBLIC;
GRANT ALL ON FUNCTION audit.check_health() TO audit_operator;
GRANT ALL ON FUNCTION audit.check_health() TO audit_auditor;
GRANT ALL ON FUNCTION audit.check_health() TO audit_admin;

REVOKE ALL ON FUNCTION audit.check_ledger(entries jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.check_ledger(entries jsonb) TO audit_operator;
GRANT ALL ON FUNCTION audit.check_ledger(entries jsonb) TO audit_auditor;

REVOKE ALL ON FUNCTION audit.close_access(access_id uuid, tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.close_access(access_id uuid, tenant_id uuid) TO audit_reader;
GRANT ALL ON FUNCTION audit.close_access(access_id uuid, tenant_id uuid) TO audit_admin;
GRANT ALL ON FUNCTION audit.close_access(access_id uuid, tenant_id uuid) TO audit_privacy;
GRANT ALL ON FUNCTION audit.close_access(access_id uuid, tenant_id uuid) TO audit_auditor;

REVOKE ALL ON FUNCTION audit.close_partition(partition text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.close_partition(partition text) TO audit_operator;

REVOKE ALL ON FUNCTION audit.count_events(filter jsonb, up_to integer, tenant_id uuid, OUT count bigint, OUT is_exact boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.count_events(filter jsonb, up_to integer, tenant_id uuid, OUT count bigint, OUT is_exact boolean) TO audit_reader;
GRANT ALL ON FUNCTION audit.count_events(filter jsonb, up_to integer, tenant_id uuid, OUT count bigint, OUT is_exact boolean) TO audit_admin;
GRANT ALL ON FUNCTION audit.count_events(filter jsonb, up_to integer, tenant_id uuid, OUT count bigint, OUT is_exact boolean) TO audit_privacy;
GRANT ALL ON FUNCTION audit.count_events(filter jsonb, up_to integer, tenant_id uuid, OUT count bigint, OUT is_exact boolean) TO audit_auditor;

REVOKE ALL ON FUNCTION audit.create_checkpoint() FROM PUBLIC;
GRANT ALL ON FUNCTION audit.create_checkpoint() TO audit_operator;
GRANT ALL ON FUNCTION audit.create_checkpoint() TO audit_auditor;

REVOKE ALL ON FUNCTION audit.current_tenant() FROM PUBLIC;
GRANT ALL ON FUNCTION audit.current_tenant() TO audit_app;
GRANT ALL ON FUNCTION audit.current_tenant() TO audit_reader;
GRANT ALL ON FUNCTION audit.current_tenant() TO audit_admin;
GRANT ALL ON FUNCTION audit.current_tenant() TO audit_privacy;
GRANT ALL ON FUNCTION audit.current_tenant() TO audit_operator;
GRANT ALL ON FUNCTION audit.current_tenant() TO audit_auditor;

REVOKE ALL ON FUNCTION audit.define_access_reason(access_reason text, titles jsonb, descriptions jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.define_access_reason(access_reason text, titles jsonb, descriptions jsonb) TO audit_operator;

REVOKE ALL ON FUNCTION audit.define_action(action text, category text, titles jsonb, descriptions jsonb, when_too_large text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.define_action(action text, category text, titles jsonb, descriptions jsonb, when_too_large text) TO audit_operator;

REVOKE ALL ON FUNCTION audit.define_category(category text, titles jsonb, descriptions jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.define_category(category text, titles jsonb, descriptions jsonb) TO audit_operator;

REVOKE ALL ON FUNCTION audit.define_data_retention(relation regclass, time_column text, levels jsonb, children jsonb, tenant_column text, entity_type text, actor_column text, decision text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.define_data_retention(relation regclass, time_column text, levels jsonb, children jsonb, tenant_column text, entity_type text, actor_column text, decision text) TO audit_operator;

REVOKE ALL ON FUNCTION audit.define_entity_type(entity_type text, titles jsonb, descriptions jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.define_entity_type(entity_type text, titles jsonb, descriptions jsonb) TO audit_operator;

REVOKE ALL ON FUNCTION audit.disarm_data_retention(relation regclass, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.disarm_data_retention(relation regclass, reason text) TO audit_operator;

REVOKE ALL ON FUNCTION audit.drop_data_retention(relation regclass, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.drop_data_retention(relation regclass, reason text) TO audit_operator;

REVOKE ALL ON FUNCTION audit.erase_events(filter jsonb, reason text, tenant_id uuid, OUT erasure_id uuid, OUT erased bigint, OUT held bigint, OUT exports bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.erase_events(filter jsonb, reason text, tenant_id uuid, OUT erasure_id uuid, OUT erased bigint, OUT held bigint, OUT exports bigint) TO audit_privacy;

REVOKE ALL ON FUNCTION audit.erase_subject(identifiers text[], reason text, tenant_id uuid, OUT erasure_id uuid, OUT erased bigint, OUT held bigint, OUT exports bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.erase_subject(identifiers text[], reason text, tenant_id uuid, OUT erasure_id uuid, OUT erased bigint, OUT held bigint, OUT exports bigint) TO audit_privacy;

REVOKE ALL ON FUNCTION audit.finish_export(export_id uuid, rows bigint, bytes bigint, digest text, error text, tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.finish_export(export_id uuid, rows bigint, bytes bigint, digest text, error text, tenant_id uuid) TO audit_reader;
GRANT ALL ON FUNCTION audit.finish_export(export_id uuid, rows bigint, bytes bigint, digest text, error text, tenant_id uuid) TO audit_admin;
GRANT ALL ON FUNCTION audit.finish_export(export_id uuid, rows bigint, bytes bigint, digest text, error text, tenant_id uuid) TO audit_privacy;
GRANT ALL ON FUNCTION audit.finish_export(export_id uuid, rows bigint, bytes bigint, digest text, error text, tenant_id uuid) TO audit_auditor;

REVOKE ALL ON FUNCTION audit_private.is_text_by_language_v1(texts jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.open_reading() FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.open_reading() TO audit_reader;
GRANT ALL ON FUNCTION audit_private.open_reading() TO audit_admin;
GRANT ALL ON FUNCTION audit_private.open_reading() TO audit_privacy;
GRANT ALL ON FUNCTION audit_private.open_reading() TO audit_auditor;

GRANT SELECT ON TABLE audit_private.action TO audit_backup;
GRANT SELECT ON TABLE audit_private.action TO audit_writer;
GRANT SELECT ON TABLE audit_private.action TO audit_finder;
GRANT SELECT ON TABLE audit_private.action TO audit_keeper;

REVOKE ALL ON TABLE audit_private.event FROM audit_owner;
GRANT SELECT,REFERENCES,TRIGGER ON TABLE audit_private.event TO audit_owner;
GRANT SELECT ON TABLE audit_private.event TO audit_backup;
GRANT INSERT ON TABLE audit_private.event TO audit_writer;
GRANT SELECT ON TABLE audit_private.event TO audit_finder;
GRANT SELECT,INSERT,DELETE ON TABLE audit_private.event TO audit_keeper;

GRANT UPDATE(salt) ON TABLE audit_private.event TO audit_keeper;

GRANT UPDATE(actor_id) ON TABLE audit_private.event TO audit_keeper;

GRANT UPDATE(entity_id) ON TABLE audit_private.event TO audit_keeper;

GRANT UPDATE(description) ON TABLE audit_private.event TO audit_keeper;

GRANT UPDATE(actor) ON TABLE audit_private.event TO audit_keeper;

GRANT UPDATE(target) ON TABLE audit_private.event TO audit_keeper;

GRANT UPDATE(changes) ON TABLE audit_private.event TO audit_keeper;

GRANT UPDATE(metadata) ON TABLE audit_private.event TO audit_keeper;

GRANT UPDATE(ip) ON TABLE audit_private.event TO audit_keeper;

GRANT UPDATE(user_agent) ON TABLE audit_private.event TO audit_keeper;

GRANT UPDATE(request_id) ON TABLE audit_private.event TO audit_keeper;

GRANT UPDATE(error_message) ON TABLE audit_private.event TO audit_keeper;

GRANT UPDATE(actor_id_digest) ON TABLE audit_private.event TO audit_keeper;

GRANT UPDATE(entity_id_digest) ON TABLE audit_private.event TO audit_keeper;

GRANT UPDATE(payload_digest) ON TABLE audit_private.event TO audit_keeper;

GRANT UPDATE(derived_salts) ON TABLE audit_private.event TO audit_keeper;

GRANT SELECT ON TABLE audit_private.readable_event TO audit_backup;

GRANT SELECT ON TABLE audit.event TO audit_reader;
GRANT SELECT ON TABLE audit.event TO audit_admin;
GRANT SELECT ON TABLE audit.event TO audit_privacy;
GRANT SELECT ON TABLE audit.event TO audit_auditor;

REVOKE ALL ON FUNCTION audit.get_event(event_id uuid, tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.get_event(event_id uuid, tenant_id uuid) TO audit_reader;
GRANT ALL ON FUNCTION audit.get_event(event_id uuid, tenant_id uuid) TO audit_admin;
GRANT ALL ON FUNCTION audit.get_event(event_id uuid, tenant_id uuid) TO audit_privacy;
GRANT ALL ON FUNCTION audit.get_event(event_id uuid, tenant_id uuid) TO audit_auditor;

REVOKE ALL ON FUNCTION audit.get_row_at(relation regclass, entity_id bigint, at timestamp with time zone, tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.get_row_at(relation regclass, entity_id bigint, at timestamp with time zone, tenant_id uuid) TO audit_reader;
GRANT ALL ON FUNCTION audit.get_row_at(relation regclass, entity_id bigint, at timestamp with time zone, tenant_id uuid) TO audit_admin;
GRANT ALL ON FUNCTION audit.get_row_at(relation regclass, entity_id bigint, at timestamp with time zone, tenant_id uuid) TO audit_privacy;
GRANT ALL ON FUNCTION audit.get_row_at(relation regclass, entity_id bigint, at timestamp with time zone, tenant_id uuid) TO audit_auditor;

REVOKE ALL ON FUNCTION audit.get_row_at(relation regclass, entity_id text, at timestamp with time zone, tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.get_row_at(relation regclass, entity_id text, at timestamp with time zone, tenant_id uuid) TO audit_reader;
GRANT ALL ON FUNCTION audit.get_row_at(relation regclass, entity_id text, at timestamp with time zone, tenant_id uuid) TO audit_admin;
GRANT ALL ON FUNCTION audit.get_row_at(relation regclass, entity_id text, at timestamp with time zone, tenant_id uuid) TO audit_privacy;
GRANT ALL ON FUNCTION audit.get_row_at(relation regclass, entity_id text, at timestamp with time zone, tenant_id uuid) TO audit_auditor;

REVOKE ALL ON FUNCTION audit.get_row_at(relation regclass, entity_id uuid, at timestamp with time zone, tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.get_row_at(relation regclass, entity_id uuid, at timestamp with time zone, tenant_id uuid) TO audit_reader;
GRANT ALL ON FUNCTION audit.get_row_at(relation regclass, entity_id uuid, at timestamp with time zone, tenant_id uuid) TO audit_admin;
GRANT ALL ON FUNCTION audit.get_row_at(relation regclass, entity_id uuid, at timestamp with time zone, tenant_id uuid) TO audit_privacy;
GRANT ALL ON FUNCTION audit.get_row_at(relation regclass, entity_id uuid, at timestamp with time zone, tenant_id uuid) TO audit_auditor;

REVOKE ALL ON FUNCTION audit.grant_all_tenants(role name, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.grant_all_tenants(role name, reason text) TO audit_operator;

REVOKE ALL ON FUNCTION audit.grant_tenant(role name, tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.grant_tenant(role name, tenant_id uuid) TO audit_operator;

REVOKE ALL ON FUNCTION audit.import_events(events jsonb, reason text, tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.import_events(events jsonb, reason text, tenant_id uuid) TO audit_admin;

REVOKE ALL ON FUNCTION audit.is_logged(action text, tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.is_logged(action text, tenant_id uuid) TO audit_app;

REVOKE ALL ON FUNCTION audit.list_access(tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.list_access(tenant_id uuid) TO audit_reader;
GRANT ALL ON FUNCTION audit.list_access(tenant_id uuid) TO audit_admin;
GRANT ALL ON FUNCTION audit.list_access(tenant_id uuid) TO audit_privacy;
GRANT ALL ON FUNCTION audit.list_access(tenant_id uuid) TO audit_auditor;

REVOKE ALL ON FUNCTION audit.list_actors(search text, tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.list_actors(search text, tenant_id uuid) TO audit_reader;
GRANT ALL ON FUNCTION audit.list_actors(search text, tenant_id uuid) TO audit_admin;
GRANT ALL ON FUNCTION audit.list_actors(search text, tenant_id uuid) TO audit_privacy;
GRANT ALL ON FUNCTION audit.list_actors(search text, tenant_id uuid) TO audit_auditor;

REVOKE ALL ON FUNCTION audit.list_catalogue() FROM PUBLIC;
GRANT ALL ON FUNCTION audit.list_catalogue() TO audit_app;
GRANT ALL ON FUNCTION audit.list_catalogue() TO audit_reader;
GRANT ALL ON FUNCTION audit.list_catalogue() TO audit_admin;
GRANT ALL ON FUNCTION audit.list_catalogue() TO audit_privacy;
GRANT ALL ON FUNCTION audit.list_catalogue() TO audit_operator;
GRANT ALL ON FUNCTION audit.list_catalogue() TO audit_auditor;

REVOKE ALL ON FUNCTION audit.list_control_events(from_time timestamp with time zone, to_time timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.list_control_events(from_time timestamp with time zone, to_time timestamp with time zone) TO audit_auditor;

REVOKE ALL ON FUNCTION audit.list_data_purges(up_to integer) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.list_data_purges(up_to integer) TO audit_operator;
GRANT ALL ON FUNCTION audit.list_data_purges(up_to integer) TO audit_auditor;
GRANT ALL ON FUNCTION audit.list_data_purges(up_to integer) TO audit_privacy;

REVOKE ALL ON FUNCTION audit.list_data_retention() FROM PUBLIC;
GRANT ALL ON FUNCTION audit.list_data_retention() TO audit_operator;
GRANT ALL ON FUNCTION audit.list_data_retention() TO audit_auditor;
GRANT ALL ON FUNCTION audit.list_data_retention() TO audit_privacy;

REVOKE ALL ON FUNCTION audit.list_epochs() FROM PUBLIC;
GRANT ALL ON FUNCTION audit.list_epochs() TO audit_operator;
GRANT ALL ON FUNCTION audit.list_epochs() TO audit_auditor;

GRANT SELECT ON TABLE audit_private.erasure TO audit_backup;
GRANT SELECT ON TABLE audit_private.erasure TO audit_finder;

REVOKE ALL ON FUNCTION audit.list_erasures(tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.list_erasures(tenant_id uuid) TO audit_privacy;
GRANT ALL ON FUNCTION audit.list_erasures(tenant_id uuid) TO audit_admin;
GRANT ALL ON FUNCTION audit.list_erasures(tenant_id uuid) TO audit_operator;
GRANT ALL ON FUNCTION audit.list_erasures(tenant_id uuid) TO audit_auditor;

REVOKE ALL ON FUNCTION audit.list_exports(tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.list_exports(tenant_id uuid) TO audit_reader;
GRANT ALL ON FUNCTION audit.list_exports(tenant_id uuid) TO audit_admin;
GRANT ALL ON FUNCTION audit.list_exports(tenant_id uuid) TO audit_privacy;
GRANT ALL ON FUNCTION audit.list_exports(tenant_id uuid) TO audit_auditor;

REVOKE ALL ON FUNCTION audit.list_grants() FROM PUBLIC;
GRANT ALL ON FUNCTION audit.list_grants() TO audit_operator;
GRANT ALL ON FUNCTION audit.list_grants() TO audit_auditor;

GRANT SELECT ON TABLE audit_private.legal_hold TO audit_backup;
GRANT SELECT ON TABLE audit_private.legal_hold TO audit_finder;
GRANT SELECT ON TABLE audit_private.legal_hold TO audit_keeper;

GRANT SELECT ON TABLE audit_private.hold_row TO audit_backup;

REVOKE ALL ON FUNCTION audit.list_holds(tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.list_holds(tenant_id uuid) TO audit_admin;
GRANT ALL ON FUNCTION audit.list_holds(tenant_id uuid) TO audit_privacy;
GRANT ALL ON FUNCTION audit.list_holds(tenant_id uuid) TO audit_operator;
GRANT ALL ON FUNCTION audit.list_holds(tenant_id uuid) TO audit_auditor;

REVOKE ALL ON FUNCTION audit.list_jobs() FROM PUBLIC;
GRANT ALL ON FUNCTION audit.list_jobs() TO audit_operator;
GRANT ALL ON FUNCTION audit.list_jobs() TO audit_auditor;

REVOKE ALL ON FUNCTION audit.list_ledger() FROM PUBLIC;
GRANT ALL ON FUNCTION audit.list_ledger() TO audit_operator;
GRANT ALL ON FUNCTION audit.list_ledger() TO audit_auditor;

REVOKE ALL ON FUNCTION audit.list_options() FROM PUBLIC;
GRANT ALL ON FUNCTION audit.list_options() TO audit_operator;
GRANT ALL ON FUNCTION audit.list_options() TO audit_auditor;

REVOKE ALL ON FUNCTION audit.list_partitions() FROM PUBLIC;
GRANT ALL ON FUNCTION audit.list_partitions() TO audit_operator;
GRANT ALL ON FUNCTION audit.list_partitions() TO audit_auditor;

GRANT SELECT ON TABLE audit_private.job_run TO audit_backup;
GRANT SELECT ON TABLE audit_private.job_run TO audit_keeper;
GRANT SELECT ON TABLE audit_private.job_run TO audit_finder;

REVOKE ALL ON TABLE audit_private.purge_receipt FROM audit_owner;
GRANT SELECT,REFERENCES,TRIGGER ON TABLE audit_private.purge_receipt TO audit_owner;
GRANT SELECT ON TABLE audit_private.purge_receipt TO audit_backup;
GRANT SELECT,INSERT,UPDATE ON TABLE audit_private.purge_receipt TO audit_keeper;
GRANT SELECT ON TABLE audit_private.purge_receipt TO audit_finder;

GRANT SELECT ON TABLE audit_private.tenant TO audit_backup;
GRANT SELECT ON TABLE audit_private.tenant TO audit_writer;
GRANT SELECT ON TABLE audit_private.tenant TO audit_finder;
GRANT SELECT ON TABLE audit_private.tenant TO audit_keeper;

GRANT SELECT ON TABLE audit_private.purge_row TO audit_backup;

REVOKE ALL ON FUNCTION audit.list_purges(up_to integer, tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.list_purges(up_to integer, tenant_id uuid) TO audit_admin;
GRANT ALL ON FUNCTION audit.list_purges(up_to integer, tenant_id uuid) TO audit_privacy;
GRANT ALL ON FUNCTION audit.list_purges(up_to integer, tenant_id uuid) TO audit_operator;
GRANT ALL ON FUNCTION audit.list_purges(up_to integer, tenant_id uuid) TO audit_auditor;

GRANT SELECT ON TABLE audit_private.retention_policy TO audit_backup;
GRANT SELECT ON TABLE audit_private.retention_policy TO audit_writer;
GRANT SELECT ON TABLE audit_private.retention_policy TO audit_finder;
GRANT SELECT ON TABLE audit_private.retention_policy TO audit_keeper;

GRANT SELECT ON TABLE audit_private.days_row TO audit_backup;

REVOKE ALL ON FUNCTION audit.list_retention(tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.list_retention(tenant_id uuid) TO audit_admin;
GRANT ALL ON FUNCTION audit.list_retention(tenant_id uuid) TO audit_reader;
GRANT ALL ON FUNCTION audit.list_retention(tenant_id uuid) TO audit_privacy;
GRANT ALL ON FUNCTION audit.list_retention(tenant_id uuid) TO audit_operator;
GRANT ALL ON FUNCTION audit.list_retention(tenant_id uuid) TO audit_auditor;

GRANT SELECT ON TABLE audit_private.event_page TO audit_backup;

REVOKE ALL ON FUNCTION audit.list_row_history(relation regclass, entity_id bigint, page_size integer, after text, tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.list_row_history(relation regclass, entity_id bigint, page_size integer, after text, tenant_id uuid) TO audit_reader;
GRANT ALL ON FUNCTION audit.list_row_history(relation regclass, entity_id bigint, page_size integer, after text, tenant_id uuid) TO audit_admin;
GRANT ALL ON FUNCTION audit.list_row_history(relation regclass, entity_id bigint, page_size integer, after text, tenant_id uuid) TO audit_privacy;
GRANT ALL ON FUNCTION audit.list_row_history(relation regclass, entity_id bigint, page_size integer, after text, tenant_id uuid) TO audit_auditor;

REVOKE ALL ON FUNCTION audit.list_row_history(relation regclass, entity_id text, page_size integer, after text, tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.list_row_history(relation regclass, entity_id text, page_size integer, after text, tenant_id uuid) TO audit_reader;
GRANT ALL ON FUNCTION audit.list_row_history(relation regclass, entity_id text, page_size integer, after text, tenant_id uuid) TO audit_admin;
GRANT ALL ON FUNCTION audit.list_row_history(relation regclass, entity_id text, page_size integer, after text, tenant_id uuid) TO audit_privacy;
GRANT ALL ON FUNCTION audit.list_row_history(relation regclass, entity_id text, page_size integer, after text, tenant_id uuid) TO audit_auditor;

REVOKE ALL ON FUNCTION audit.list_row_history(relation regclass, entity_id uuid, page_size integer, after text, tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.list_row_history(relation regclass, entity_id uuid, page_size integer, after text, tenant_id uuid) TO audit_reader;
GRANT ALL ON FUNCTION audit.list_row_history(relation regclass, entity_id uuid, page_size integer, after text, tenant_id uuid) TO audit_admin;
GRANT ALL ON FUNCTION audit.list_row_history(relation regclass, entity_id uuid, page_size integer, after text, tenant_id uuid) TO audit_privacy;
GRANT ALL ON FUNCTION audit.list_row_history(relation regclass, entity_id uuid, page_size integer, after text, tenant_id uuid) TO audit_auditor;

GRANT SELECT ON TABLE audit_private.chain_row TO audit_backup;

REVOKE ALL ON FUNCTION audit.list_seals(up_to integer, before_index bigint, tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.list_seals(up_to integer, before_index bigint, tenant_id uuid) TO audit_admin;
GRANT ALL ON FUNCTION audit.list_seals(up_to integer, before_index bigint, tenant_id uuid) TO audit_operator;
GRANT ALL ON FUNCTION audit.list_seals(up_to integer, before_index bigint, tenant_id uuid) TO audit_auditor;

REVOKE ALL ON FUNCTION audit.list_spool() FROM PUBLIC;
GRANT ALL ON FUNCTION audit.list_spool() TO audit_operator;
GRANT ALL ON FUNCTION audit.list_spool() TO audit_auditor;

REVOKE ALL ON FUNCTION audit.list_tenants() FROM PUBLIC;
GRANT ALL ON FUNCTION audit.list_tenants() TO audit_operator;
GRANT ALL ON FUNCTION audit.list_tenants() TO audit_auditor;

REVOKE ALL ON FUNCTION audit.list_toggles(tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.list_toggles(tenant_id uuid) TO audit_admin;
GRANT ALL ON FUNCTION audit.list_toggles(tenant_id uuid) TO audit_reader;
GRANT ALL ON FUNCTION audit.list_toggles(tenant_id uuid) TO audit_auditor;

REVOKE ALL ON FUNCTION audit.list_upkeep() FROM PUBLIC;
GRANT ALL ON FUNCTION audit.list_upkeep() TO audit_operator;

REVOKE ALL ON FUNCTION audit.list_watched() FROM PUBLIC;
GRANT ALL ON FUNCTION audit.list_watched() TO audit_operator;
GRANT ALL ON FUNCTION audit.list_watched() TO audit_auditor;

REVOKE ALL ON FUNCTION audit.log_event(action text, entity_type text, entity_id bigint, description text, metadata jsonb, target jsonb, changes jsonb, outcome text, error_message text, occurred_at timestamp with time zone, idempotency_key text, actor_id text, actor_type text, actor jsonb, tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.log_event(action text, entity_type text, entity_id bigint, description text, metadata jsonb, target jsonb, changes jsonb, outcome text, error_message text, occurred_at timestamp with time zone, idempotency_key text, actor_id text, actor_type text, actor jsonb, tenant_id uuid) TO audit_app;

REVOKE ALL ON FUNCTION audit.log_event(action text, entity_type text, entity_id text, description text, metadata jsonb, target jsonb, changes jsonb, outcome text, error_message text, occurred_at timestamp with time zone, idempotency_key text, actor_id text, actor_type text, actor jsonb, tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.log_event(action text, entity_type text, entity_id text, description text, metadata jsonb, target jsonb, changes jsonb, outcome text, error_message text, occurred_at timestamp with time zone, idempotency_key text, actor_id text, actor_type text, actor jsonb, tenant_id uuid) TO audit_app;

REVOKE ALL ON FUNCTION audit.log_event(action text, entity_type text, entity_id uuid, description text, metadata jsonb, target jsonb, changes jsonb, outcome text, error_message text, occurred_at timestamp with time zone, idempotency_key text, actor_id text, actor_type text, actor jsonb, tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.log_event(action text, entity_type text, entity_id uuid, description text, metadata jsonb, target jsonb, changes jsonb, outcome text, error_message text, occurred_at timestamp with time zone, idempotency_key text, actor_id text, actor_type text, actor jsonb, tenant_id uuid) TO audit_app;

REVOKE ALL ON FUNCTION audit.log_events(events jsonb, tenant_id uuid, OUT logged integer, OUT muted integer) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.log_events(events jsonb, tenant_id uuid, OUT logged integer, OUT muted integer) TO audit_app;

REVOKE ALL ON FUNCTION audit.log_spool(at_most integer, OUT logged bigint, OUT remaining bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.log_spool(at_most integer, OUT logged bigint, OUT remaining bigint) TO audit_operator;

REVOKE ALL ON PROCEDURE audit.maintain_partitions() FROM PUBLIC;
GRANT ALL ON PROCEDURE audit.maintain_partitions() TO audit_operator;

REVOKE ALL ON FUNCTION audit.note_export(export_id uuid, rows bigint, bytes bigint, tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.note_export(export_id uuid, rows bigint, bytes bigint, tenant_id uuid) TO audit_reader;
GRANT ALL ON FUNCTION audit.note_export(export_id uuid, rows bigint, bytes bigint, tenant_id uuid) TO audit_admin;
GRANT ALL ON FUNCTION audit.note_export(export_id uuid, rows bigint, bytes bigint, tenant_id uuid) TO audit_privacy;
GRANT ALL ON FUNCTION audit.note_export(export_id uuid, rows bigint, bytes bigint, tenant_id uuid) TO audit_auditor;

REVOKE ALL ON FUNCTION audit.open_access(access_reason text, justification text, tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.open_access(access_reason text, justification text, tenant_id uuid) TO audit_reader;
GRANT ALL ON FUNCTION audit.open_access(access_reason text, justification text, tenant_id uuid) TO audit_admin;
GRANT ALL ON FUNCTION audit.open_access(access_reason text, justification text, tenant_id uuid) TO audit_privacy;
GRANT ALL ON FUNCTION audit.open_access(access_reason text, justification text, tenant_id uuid) TO audit_auditor;

REVOKE ALL ON FUNCTION audit.place_hold(name text, filter jsonb, reason text, tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.place_hold(name text, filter jsonb, reason text, tenant_id uuid) TO audit_admin;

REVOKE ALL ON FUNCTION audit.preview_data_purge(relation regclass) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.preview_data_purge(relation regclass) TO audit_operator;

GRANT SELECT ON TABLE audit_private.preview_row TO audit_backup;

REVOKE ALL ON FUNCTION audit.preview_purge(tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.preview_purge(tenant_id uuid) TO audit_admin;
GRANT ALL ON FUNCTION audit.preview_purge(tenant_id uuid) TO audit_operator;
GRANT ALL ON FUNCTION audit.preview_purge(tenant_id uuid) TO audit_auditor;

REVOKE ALL ON FUNCTION audit.prove_consistency(old_size bigint, new_size bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.prove_consistency(old_size bigint, new_size bigint) TO audit_reader;
GRANT ALL ON FUNCTION audit.prove_consistency(old_size bigint, new_size bigint) TO audit_admin;
GRANT ALL ON FUNCTION audit.prove_consistency(old_size bigint, new_size bigint) TO audit_privacy;
GRANT ALL ON FUNCTION audit.prove_consistency(old_size bigint, new_size bigint) TO audit_operator;
GRANT ALL ON FUNCTION audit.prove_consistency(old_size bigint, new_size bigint) TO audit_auditor;

REVOKE ALL ON FUNCTION audit.prove_event(event_id uuid, tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.prove_event(event_id uuid, tenant_id uuid) TO audit_reader;
GRANT ALL ON FUNCTION audit.prove_event(event_id uuid, tenant_id uuid) TO audit_admin;
GRANT ALL ON FUNCTION audit.prove_event(event_id uuid, tenant_id uuid) TO audit_privacy;
GRANT ALL ON FUNCTION audit.prove_event(event_id uuid, tenant_id uuid) TO audit_auditor;

REVOKE ALL ON FUNCTION audit.prove_events(event_ids uuid[], tree_size bigint, tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.prove_events(event_ids uuid[], tree_size bigint, tenant_id uuid) TO audit_reader;
GRANT ALL ON FUNCTION audit.prove_events(event_ids uuid[], tree_size bigint, tenant_id uuid) TO audit_admin;
GRANT ALL ON FUNCTION audit.prove_events(event_ids uuid[], tree_size bigint, tenant_id uuid) TO audit_privacy;
GRANT ALL ON FUNCTION audit.prove_events(event_ids uuid[], tree_size bigint, tenant_id uuid) TO audit_auditor;

REVOKE ALL ON PROCEDURE audit.purge_data() FROM PUBLIC;
GRANT ALL ON PROCEDURE audit.purge_data() TO audit_operator;

REVOKE ALL ON PROCEDURE audit.purge_events() FROM PUBLIC;
GRANT ALL ON PROCEDURE audit.purge_events() TO audit_operator;

REVOKE ALL ON FUNCTION audit.read_export(export_id uuid, after_chunk integer, tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.read_export(export_id uuid, after_chunk integer, tenant_id uuid) TO audit_reader;
GRANT ALL ON FUNCTION audit.read_export(export_id uuid, after_chunk integer, tenant_id uuid) TO audit_admin;
GRANT ALL ON FUNCTION audit.read_export(export_id uuid, after_chunk integer, tenant_id uuid) TO audit_privacy;
GRANT ALL ON FUNCTION audit.read_export(export_id uuid, after_chunk integer, tenant_id uuid) TO audit_auditor;

REVOKE ALL ON FUNCTION audit.register_tenant(tenant_id uuid, name text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.register_tenant(tenant_id uuid, name text) TO audit_operator;

REVOKE ALL ON FUNCTION audit.release_hold(name text, reason text, tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.release_hold(name text, reason text, tenant_id uuid) TO audit_admin;

REVOKE ALL ON FUNCTION audit.replay_erasures(entries jsonb, reason text, tenant_id uuid, OUT erasure_id uuid, OUT erased bigint, OUT held bigint, OUT exports bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.replay_erasures(entries jsonb, reason text, tenant_id uuid, OUT erasure_id uuid, OUT erased bigint, OUT held bigint, OUT exports bigint) TO audit_privacy;

GRANT SELECT ON TABLE audit_private.event_relation TO audit_backup;

REVOKE ALL ON FUNCTION audit.report_subject(identifiers text[], with_actors boolean, tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.report_subject(identifiers text[], with_actors boolean, tenant_id uuid) TO audit_privacy;
GRANT ALL ON FUNCTION audit.report_subject(identifiers text[], with_actors boolean, tenant_id uuid) TO audit_admin;

REVOKE ALL ON FUNCTION audit.request_export(filter jsonb, format text, tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.request_export(filter jsonb, format text, tenant_id uuid) TO audit_reader;
GRANT ALL ON FUNCTION audit.request_export(filter jsonb, format text, tenant_id uuid) TO audit_admin;
GRANT ALL ON FUNCTION audit.request_export(filter jsonb, format text, tenant_id uuid) TO audit_privacy;
GRANT ALL ON FUNCTION audit.request_export(filter jsonb, format text, tenant_id uuid) TO audit_auditor;

REVOKE ALL ON FUNCTION audit.resolve_data_retention(relation regclass, key text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.resolve_data_retention(relation regclass, key text) TO audit_operator;

REVOKE ALL ON FUNCTION audit.retire_action(action text, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.retire_action(action text, reason text) TO audit_operator;

REVOKE ALL ON FUNCTION audit.retire_tenant(reason text, tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.retire_tenant(reason text, tenant_id uuid) TO audit_operator;

REVOKE ALL ON PROCEDURE audit.reverify_events() FROM PUBLIC;
GRANT ALL ON PROCEDURE audit.reverify_events() TO audit_operator;

REVOKE ALL ON FUNCTION audit.revert_sql(event_id uuid, tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.revert_sql(event_id uuid, tenant_id uuid) TO audit_reader;
GRANT ALL ON FUNCTION audit.revert_sql(event_id uuid, tenant_id uuid) TO audit_admin;
GRANT ALL ON FUNCTION audit.revert_sql(event_id uuid, tenant_id uuid) TO audit_privacy;
GRANT ALL ON FUNCTION audit.revert_sql(event_id uuid, tenant_id uuid) TO audit_auditor;

REVOKE ALL ON FUNCTION audit.revoke_tenant(role name, reason text, tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.revoke_tenant(role name, reason text, tenant_id uuid) TO audit_operator;

REVOKE ALL ON PROCEDURE audit.run_exports() FROM PUBLIC;
GRANT ALL ON PROCEDURE audit.run_exports() TO audit_operator;

REVOKE ALL ON PROCEDURE audit.run_jobs() FROM PUBLIC;
GRANT ALL ON PROCEDURE audit.run_jobs() TO audit_operator;

REVOKE ALL ON FUNCTION audit.schedule_jobs() FROM PUBLIC;
GRANT ALL ON FUNCTION audit.schedule_jobs() TO audit_operator;

REVOKE ALL ON PROCEDURE audit.seal_events() FROM PUBLIC;
GRANT ALL ON PROCEDURE audit.seal_events() TO audit_operator;

REVOKE ALL ON FUNCTION audit.search_events(filter jsonb, page_size integer, after text, tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.search_events(filter jsonb, page_size integer, after text, tenant_id uuid) TO audit_reader;
GRANT ALL ON FUNCTION audit.search_events(filter jsonb, page_size integer, after text, tenant_id uuid) TO audit_admin;
GRANT ALL ON FUNCTION audit.search_events(filter jsonb, page_size integer, after text, tenant_id uuid) TO audit_privacy;
GRANT ALL ON FUNCTION audit.search_events(filter jsonb, page_size integer, after text, tenant_id uuid) TO audit_auditor;

REVOKE ALL ON FUNCTION audit.set_action_logging(action text, enabled boolean, reason text, tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.set_action_logging(action text, enabled boolean, reason text, tenant_id uuid) TO audit_admin;

REVOKE ALL ON FUNCTION audit.set_category_logging(category text, enabled boolean, reason text, tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.set_category_logging(category text, enabled boolean, reason text, tenant_id uuid) TO audit_admin;

REVOKE ALL ON FUNCTION audit.set_context(tenant_id uuid, actor_id text, actor_type text, actor jsonb, ip inet, user_agent text, request_id text, access_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.set_context(tenant_id uuid, actor_id text, actor_type text, actor jsonb, ip inet, user_agent text, request_id text, access_id uuid) TO audit_app;
GRANT ALL ON FUNCTION audit.set_context(tenant_id uuid, actor_id text, actor_type text, actor jsonb, ip inet, user_agent text, request_id text, access_id uuid) TO audit_reader;
GRANT ALL ON FUNCTION audit.set_context(tenant_id uuid, actor_id text, actor_type text, actor jsonb, ip inet, user_agent text, request_id text, access_id uuid) TO audit_admin;
GRANT ALL ON FUNCTION audit.set_context(tenant_id uuid, actor_id text, actor_type text, actor jsonb, ip inet, user_agent text, request_id text, access_id uuid) TO audit_privacy;
GRANT ALL ON FUNCTION audit.set_context(tenant_id uuid, actor_id text, actor_type text, actor jsonb, ip inet, user_agent text, request_id text, access_id uuid) TO audit_operator;
GRANT ALL ON FUNCTION audit.set_context(tenant_id uuid, actor_id text, actor_type text, actor jsonb, ip inet, user_agent text, request_id text, access_id uuid) TO audit_auditor;

REVOKE ALL ON FUNCTION audit.set_logging(enabled boolean, reason text, tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.set_logging(enabled boolean, reason text, tenant_id uuid) TO audit_admin;

REVOKE ALL ON FUNCTION audit.set_option(name text, value text, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.set_option(name text, value text, reason text) TO audit_operator;

REVOKE ALL ON FUNCTION audit.set_retention(days integer, reason text, is_exact boolean, tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.set_retention(days integer, reason text, is_exact boolean, tenant_id uuid) TO audit_admin;

REVOKE ALL ON FUNCTION audit.set_retention_floor(category text, days integer, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.set_retention_floor(category text, days integer, reason text) TO audit_operator;

REVOKE ALL ON FUNCTION audit.set_toggles(toggles jsonb, reason text, tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.set_toggles(toggles jsonb, reason text, tenant_id uuid) TO audit_admin;

REVOKE ALL ON FUNCTION audit.take_export(export_id uuid, tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.take_export(export_id uuid, tenant_id uuid) TO audit_reader;
GRANT ALL ON FUNCTION audit.take_export(export_id uuid, tenant_id uuid) TO audit_admin;
GRANT ALL ON FUNCTION audit.take_export(export_id uuid, tenant_id uuid) TO audit_privacy;
GRANT ALL ON FUNCTION audit.take_export(export_id uuid, tenant_id uuid) TO audit_auditor;

REVOKE ALL ON FUNCTION audit.unschedule_jobs(reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.unschedule_jobs(reason text) TO audit_operator;

REVOKE ALL ON FUNCTION audit.unwatch(relation regclass, reason text, entity_type text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.unwatch(relation regclass, reason text, entity_type text) TO audit_operator;

REVOKE ALL ON FUNCTION audit.verify_checkpoint(origin text, tree_size bigint, root_hash bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.verify_checkpoint(origin text, tree_size bigint, root_hash bytea) TO audit_operator;
GRANT ALL ON FUNCTION audit.verify_checkpoint(origin text, tree_size bigint, root_hash bytea) TO audit_auditor;

REVOKE ALL ON FUNCTION audit.verify_events(from_time timestamp with time zone, until_time timestamp with time zone, tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.verify_events(from_time timestamp with time zone, until_time timestamp with time zone, tenant_id uuid) TO audit_admin;
GRANT ALL ON FUNCTION audit.verify_events(from_time timestamp with time zone, until_time timestamp with time zone, tenant_id uuid) TO audit_operator;
GRANT ALL ON FUNCTION audit.verify_events(from_time timestamp with time zone, until_time timestamp with time zone, tenant_id uuid) TO audit_auditor;

REVOKE ALL ON FUNCTION audit.watch(relation regclass, entity_type text, tenant_column text, label_column text, columns text[], redact_columns text[], ignore_columns text[], category text, level text, on_error text, keep_deleted_values boolean, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit.watch(relation regclass, entity_type text, tenant_column text, label_column text, columns text[], redact_columns text[], ignore_columns text[], category text, level text, on_error text, keep_deleted_values boolean, reason text) TO audit_operator;

REVOKE ALL ON FUNCTION audit_private.access_expiry(opened_at timestamp with time zone, last_used_at timestamp with time zone, closed_at timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.actor_id_digest(e audit_private.event) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.actor_id_digest(e audit_private.event) TO audit_finder;
GRANT ALL ON FUNCTION audit_private.actor_id_digest(e audit_private.event) TO audit_keeper;

REVOKE ALL ON FUNCTION audit_private.add_next_partition() FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.add_next_partition() TO audit_operator;

REVOKE ALL ON FUNCTION audit_private.add_partition(moment timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.add_partitions(moments timestamp with time zone[]) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.add_partitions(moments timestamp with time zone[]) TO audit_writer;

REVOKE ALL ON FUNCTION audit_private.batch_events(events jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.batch_events(events jsonb) TO audit_writer;

REVOKE ALL ON FUNCTION audit_private.batch_times(events jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.begin_erasure(tenant_id uuid, kind text, reason text, names text[], patterns text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.begin_exports(process_id integer) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.begin_exports(process_id integer) TO audit_operator;

REVOKE ALL ON FUNCTION audit_private.begin_run(job_name text, process_id integer) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.begin_run(job_name text, process_id integer) TO audit_operator;

REVOKE ALL ON FUNCTION audit_private.bind_roles() FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.capture_action(entity_type text, operation text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.capture_action(entity_type text, operation text) TO audit_writer;

GRANT SELECT ON TABLE audit_private.watched_table TO audit_backup;
GRANT SELECT ON TABLE audit_private.watched_table TO audit_writer;

REVOKE ALL ON FUNCTION audit_private.capture_columns(watched audit_private.watched_table, relation regclass) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.capture_columns(watched audit_private.watched_table, relation regclass) TO audit_writer;

REVOKE ALL ON FUNCTION audit_private.capture_digest(entity_type text) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.capture_function(watched audit_private.watched_table, relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.capture_problems() FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.capture_question(watched audit_private.watched_table) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.capture_rows(watched audit_private.watched_table, relation regclass, operation text, kind text, names jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.capture_rows(watched audit_private.watched_table, relation regclass, operation text, kind text, names jsonb) TO audit_writer;

REVOKE ALL ON FUNCTION audit_private.capture_statement(watched audit_private.watched_table, relation regclass, operation text, kind text, names jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.capture_statement(watched audit_private.watched_table, relation regclass, operation text, kind text, names jsonb) TO audit_writer;

REVOKE ALL ON FUNCTION audit_private.capture_triggers(relation regclass, entity_type text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.capture_triggers(relation regclass, entity_type text) TO audit_operator;

REVOKE ALL ON FUNCTION audit_private.captured_entity_id(key text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.captured_entity_id(key text) TO audit_writer;

REVOKE ALL ON FUNCTION audit_private.carry_out_erasure(tenant_id uuid, erasure_id uuid, names text[], pseudonyms text[], patterns text[], OUT erased bigint, OUT held bigint, OUT exports bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.changes_expression(watched audit_private.watched_table, relation regclass) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.changes_expression(watched audit_private.watched_table, relation regclass) TO audit_writer;

REVOKE ALL ON FUNCTION audit_private.check_batch(events jsonb, known_keys text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.check_batch(events jsonb, known_keys text[]) TO audit_writer;

REVOKE ALL ON FUNCTION audit_private.check_capture() FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.check_data_retention() FROM PUBLIC;

GRANT SELECT ON TABLE audit_private.data_retention TO audit_backup;

REVOKE ALL ON FUNCTION audit_private.check_data_retention_definition(entry audit_private.data_retention, class pg_class) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.check_definition(code text, titles jsonb, descriptions jsonb, is_built_in boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.check_format(format text) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.check_integrity() FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.check_integrity() TO audit_owner;

REVOKE ALL ON FUNCTION audit_private.check_jobs() FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.check_reason(reason text) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.check_retention() FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.check_role(role name) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.check_scheduler(role name) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.check_scheduler(role name) TO audit_operator;

REVOKE ALL ON FUNCTION audit_private.check_tenant(tenant_id uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.check_toggles(toggles jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.check_verification() FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.check_watch(watched audit_private.watched_table, relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.claim_idempotency_key(tenant_id uuid, idempotency_key text, event_id uuid, content_digest bytea) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.close_data_schemas(owner_name name) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.close_gate() FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.close_gate() TO audit_keeper;

REVOKE ALL ON FUNCTION audit_private.close_next_partition(tried text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.close_next_partition(tried text[]) TO audit_operator;

REVOKE ALL ON FUNCTION audit_private.column_kind(type_id oid, collation_id oid, OUT is_printed boolean, OUT is_exact boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.column_kind(type_id oid, collation_id oid, OUT is_printed boolean, OUT is_exact boolean) TO audit_writer;

REVOKE ALL ON FUNCTION audit_private.columns_digest(relation regclass, is_numbered boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.columns_digest(relation regclass, is_numbered boolean) TO audit_writer;

REVOKE ALL ON FUNCTION audit_private.content_digest(action text, entity_type text, entity_id text, description text, target jsonb, changes jsonb, metadata jsonb, outcome text, error_message text, actor_id text, actor_type text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.content_digest(action text, entity_type text, entity_id text, description text, target jsonb, changes jsonb, metadata jsonb, outcome text, error_message text, actor_id text, actor_type text) TO audit_writer;
GRANT ALL ON FUNCTION audit_private.content_digest(action text, entity_type text, entity_id text, description text, target jsonb, changes jsonb, metadata jsonb, outcome text, error_message text, actor_id text, actor_type text) TO audit_finder;

REVOKE ALL ON FUNCTION audit_private.count_actor_events(tenant_id uuid, actor_ids text[], from_time timestamp with time zone, until_time timestamp with time zone, most bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.count_actor_events(tenant_id uuid, actor_ids text[], from_time timestamp with time zone, until_time timestamp with time zone, most bigint) TO audit_owner;

REVOKE ALL ON FUNCTION audit_private.count_due(partition_name text, partition_until timestamp with time zone, at timestamp with time zone, tenant_ids uuid[], treats_all_as_exact boolean, includes_unsealed boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.count_due(partition_name text, partition_until timestamp with time zone, at timestamp with time zone, tenant_ids uuid[], treats_all_as_exact boolean, includes_unsealed boolean) TO audit_owner;

REVOKE ALL ON FUNCTION audit_private.count_found_events(tenant_id uuid, condition text, from_time timestamp with time zone, until_time timestamp with time zone, most bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.count_found_events(tenant_id uuid, condition text, from_time timestamp with time zone, until_time timestamp with time zone, most bigint) TO audit_owner;

REVOKE ALL ON FUNCTION audit_private.counted_text(value text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.counted_text(value text) TO audit_finder;
GRANT ALL ON FUNCTION audit_private.counted_text(value text) TO audit_keeper;

REVOKE ALL ON FUNCTION audit_private.create_capture_function(entity_type text, settings text, body text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.create_capture_function(entity_type text, settings text, body text) TO audit_owner;

REVOKE ALL ON FUNCTION audit_private.current_actor(OUT actor_id text, OUT actor_type text, OUT actor jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.current_actor(OUT actor_id text, OUT actor_type text, OUT actor jsonb) TO audit_writer;
GRANT ALL ON FUNCTION audit_private.current_actor(OUT actor_id text, OUT actor_type text, OUT actor jsonb) TO audit_finder;
GRANT ALL ON FUNCTION audit_private.current_actor(OUT actor_id text, OUT actor_type text, OUT actor jsonb) TO audit_keeper;

REVOKE ALL ON FUNCTION audit_private.current_columns(watched audit_private.watched_table, relation regclass, names text[], or_any_new boolean) FROM PUBLIC;

GRANT SELECT ON TABLE audit_private.epoch TO audit_backup;
GRANT SELECT ON TABLE audit_private.epoch TO audit_finder;
GRANT SELECT ON TABLE audit_private.epoch TO audit_keeper;

REVOKE ALL ON FUNCTION audit_private.current_epoch() FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.current_epoch() TO audit_finder;
GRANT ALL ON FUNCTION audit_private.current_epoch() TO audit_keeper;

REVOKE ALL ON FUNCTION audit_private.current_incarnation() FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.current_installation() FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.current_reader(OUT actor_id text, OUT actor_type text) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.current_view() FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.cut_columns(columns jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.cut_columns(columns jsonb) TO audit_writer;

REVOKE ALL ON FUNCTION audit_private.cut_holds(tenant_id uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.cut_payload(payload_limit integer, INOUT description text, INOUT actor jsonb, INOUT target jsonb, INOUT changes jsonb, INOUT metadata jsonb, INOUT error_message text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.cut_payload(payload_limit integer, INOUT description text, INOUT actor jsonb, INOUT target jsonb, INOUT changes jsonb, INOUT metadata jsonb, INOUT error_message text) TO audit_writer;

REVOKE ALL ON FUNCTION audit_private.data_children(children jsonb, sources text, condition text) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.data_objects_digest(object_name text, owner_name name) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.data_obstacles(entry audit_private.data_retention) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.data_purge_body(entry audit_private.data_retention, relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.data_purge_terms(run_id uuid, relation text) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.data_resolution_statement(relation regclass) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.data_resolution_statement(relation regclass) TO audit_operator;

REVOKE ALL ON FUNCTION audit_private.data_retention_groups(relation text, group_keys text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.data_retention_problem(entry audit_private.data_retention) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.data_retention_statements(entry audit_private.data_retention, relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.data_retention_waits(relation text, entity_ids text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.data_review_body(entry audit_private.data_retention, relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.data_review_statement(relation regclass) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.data_review_statement(relation regclass) TO audit_operator;

REVOKE ALL ON FUNCTION audit_private.data_verdict(entry audit_private.data_retention, relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.data_view_statement(entry audit_private.data_retention, relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.decide_pending(tenant_id uuid, erasure_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.decide_pending(tenant_id uuid, erasure_id uuid) TO audit_owner;

REVOKE ALL ON FUNCTION audit_private.define_captured(entity_type text, category text) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.delete_due(partition_name text, partition_until timestamp with time zone, at timestamp with time zone, tenant_id uuid, from_time timestamp with time zone, partition_from timestamp with time zone, run_id uuid, OUT removed bigint, OUT oldest_at timestamp with time zone, OUT newest_at timestamp with time zone, OUT until_time timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.deletion_gate(partition_name text, partition_until timestamp with time zone, at timestamp with time zone, tenant_ids uuid[], treats_all_as_exact boolean, from_time timestamp with time zone, until_time timestamp with time zone, includes_unsealed boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.derived_event_id(tenant_id uuid, occurred_at timestamp with time zone, idempotency_key text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.derived_event_id(tenant_id uuid, occurred_at timestamp with time zone, idempotency_key text) TO audit_writer;

REVOKE ALL ON FUNCTION audit_private.drop_capture_function(entity_type text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.drop_capture_function(entity_type text) TO audit_owner;

REVOKE ALL ON FUNCTION audit_private.drop_data_objects(object_name text) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.drop_empty_partition() FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.drop_empty_partition() TO audit_operator;

REVOKE ALL ON FUNCTION audit_private.due_jobs() FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.due_jobs() TO audit_operator;

REVOKE ALL ON FUNCTION audit_private.due_tenants(partition_until timestamp with time zone, at timestamp with time zone, treats_all_as_exact boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.due_tenants(partition_until timestamp with time zone, at timestamp with time zone, treats_all_as_exact boolean) TO audit_keeper;

REVOKE ALL ON FUNCTION audit_private.effective_role() FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.effective_role() TO audit_writer;
GRANT ALL ON FUNCTION audit_private.effective_role() TO audit_finder;
GRANT ALL ON FUNCTION audit_private.effective_role() TO audit_keeper;

REVOKE ALL ON FUNCTION audit_private.empty_exports(tenant_id uuid, erasure_id uuid, names text[], patterns text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.empty_partition(partition_name text, partition_from timestamp with time zone, partition_until timestamp with time zone, at timestamp with time zone, due bigint, run_id uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.end_data_purge(run_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.end_data_purge(run_id uuid) TO audit_operator;

REVOKE ALL ON FUNCTION audit_private.enter_epoch() FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.enter_epoch() TO audit_operator;

REVOKE ALL ON FUNCTION audit_private.entity_id_digest(e audit_private.event) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.entity_id_digest(e audit_private.event) TO audit_finder;
GRANT ALL ON FUNCTION audit_private.entity_id_digest(e audit_private.event) TO audit_keeper;

REVOKE ALL ON FUNCTION audit_private.entity_title(entity_type text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.entity_title(entity_type text) TO audit_writer;

REVOKE ALL ON FUNCTION audit_private.erase_beside(tenant_id uuid, names text[], pseudonyms text[], patterns text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.erase_gone(run_id uuid, relation text) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.erase_notes(tenant_id uuid, names text[], pseudonyms text[], patterns text[], key_patterns text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.erase_notes(tenant_id uuid, names text[], pseudonyms text[], patterns text[], key_patterns text[]) TO audit_owner;

REVOKE ALL ON FUNCTION audit_private.erase_pending(tenant_id uuid, erasure_id uuid, is_noted boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.erase_pending(tenant_id uuid, erasure_id uuid, is_noted boolean) TO audit_owner;

REVOKE ALL ON FUNCTION audit_private.event_envelope(e audit_private.event) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.event_envelope(e audit_private.event) TO audit_finder;
GRANT ALL ON FUNCTION audit_private.event_envelope(e audit_private.event) TO audit_keeper;

REVOKE ALL ON FUNCTION audit_private.event_id_prefix(occurred_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.event_id_prefix(occurred_at timestamp with time zone) TO audit_writer;

REVOKE ALL ON FUNCTION audit_private.event_partitions() FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.event_partitions() TO audit_finder;
GRANT ALL ON FUNCTION audit_private.event_partitions() TO audit_keeper;
GRANT ALL ON FUNCTION audit_private.event_partitions() TO audit_writer;

REVOKE ALL ON FUNCTION audit_private.event_time(id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.event_time(id uuid) TO audit_writer;
GRANT ALL ON FUNCTION audit_private.event_time(id uuid) TO audit_finder;
GRANT ALL ON FUNCTION audit_private.event_time(id uuid) TO audit_keeper;

REVOKE ALL ON FUNCTION audit_private.event_windows(from_time timestamp with time zone, until_time timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.event_windows(from_time timestamp with time zone, until_time timestamp with time zone) TO audit_finder;
GRANT ALL ON FUNCTION audit_private.event_windows(from_time timestamp with time zone, until_time timestamp with time zone) TO audit_keeper;

REVOKE ALL ON FUNCTION audit_private.expired_partitions(at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.expired_partitions(at timestamp with time zone) TO audit_owner;

REVOKE ALL ON FUNCTION audit_private.export_columns(format text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.export_columns(format text) TO audit_keeper;

REVOKE ALL ON FUNCTION audit_private.export_condition(filter jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.export_line(format text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.export_line(format text) TO audit_keeper;

GRANT SELECT ON TABLE audit_private.export TO audit_backup;
GRANT SELECT ON TABLE audit_private.export TO audit_keeper;

REVOKE ALL ON FUNCTION audit_private.export_problem(export audit_private.export) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.export_state(export audit_private.export) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.export_statement(export audit_private.export) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.export_step(export_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.export_step(export_id uuid) TO audit_operator;

REVOKE ALL ON FUNCTION audit_private.exports_left(tenant_id uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.fail_data_purge(run_id uuid, error text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.fail_data_purge(run_id uuid, error text) TO audit_operator;

REVOKE ALL ON FUNCTION audit_private.fail_export(export_id uuid, error text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.fail_export(export_id uuid, error text) TO audit_operator;

REVOKE ALL ON FUNCTION audit_private.faulty_event(events jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.faulty_event(events jsonb) TO audit_writer;

REVOKE ALL ON FUNCTION audit_private.fill_template(template text, parts jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.filter_bounds(filter jsonb, OUT from_time timestamp with time zone, OUT until_time timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.filter_condition(filter jsonb, uses_text_index boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.filter_scope(tenant_id uuid, filter jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.filter_time(filter jsonb, key text) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.filter_values(filter jsonb, key text, may_be_null boolean) FROM PUBLIC;

GRANT SELECT ON TABLE audit_private.access_session TO audit_backup;

REVOKE ALL ON FUNCTION audit_private.find_access(tenant_id uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.find_actors(tenant_id uuid, from_time timestamp with time zone, until_time timestamp with time zone, is_closed boolean, pattern text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.find_actors(tenant_id uuid, from_time timestamp with time zone, until_time timestamp with time zone, is_closed boolean, pattern text) TO audit_owner;

REVOKE ALL ON FUNCTION audit_private.find_captured(tenant_id uuid, erasure_id uuid, entity_type text, entity_ids text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.find_captured(tenant_id uuid, erasure_id uuid, entity_type text, entity_ids text[]) TO audit_owner;

REVOKE ALL ON FUNCTION audit_private.find_content_digests(tenant_id uuid, times timestamp with time zone[], ids uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.find_content_digests(tenant_id uuid, times timestamp with time zone[], ids uuid[]) TO audit_writer;

REVOKE ALL ON FUNCTION audit_private.find_events(tenant_id uuid, condition text, from_time timestamp with time zone, until_time timestamp with time zone, last_occurred_at timestamp with time zone, last_id uuid, most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.find_events(tenant_id uuid, condition text, from_time timestamp with time zone, until_time timestamp with time zone, last_occurred_at timestamp with time zone, last_id uuid, most integer) TO audit_owner;

REVOKE ALL ON FUNCTION audit_private.find_export(tenant_id uuid, export_id uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.find_gone(entity_types text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.find_gone(entity_types text[]) TO audit_owner;

REVOKE ALL ON FUNCTION audit_private.find_payloads(tenant_id uuid, erasure_id uuid, condition text, from_time timestamp with time zone, until_time timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.find_payloads(tenant_id uuid, erasure_id uuid, condition text, from_time timestamp with time zone, until_time timestamp with time zone) TO audit_owner;

REVOKE ALL ON FUNCTION audit_private.find_proof(tenant_id uuid, occurred_at timestamp with time zone, id uuid, log_size bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.find_proof(tenant_id uuid, occurred_at timestamp with time zone, id uuid, log_size bigint) TO audit_owner;

REVOKE ALL ON FUNCTION audit_private.find_subject(tenant_id uuid, erasure_id uuid, names text[], patterns text[], key_patterns text[], rough_patterns text[], pseudonyms text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.find_subject(tenant_id uuid, erasure_id uuid, names text[], patterns text[], key_patterns text[], rough_patterns text[], pseudonyms text[]) TO audit_owner;

REVOKE ALL ON FUNCTION audit_private.find_unerased(tenant_ids uuid[], event_ids uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.find_unerased(tenant_ids uuid[], event_ids uuid[]) TO audit_owner;

REVOKE ALL ON FUNCTION audit_private.finish_data_purge(run_id uuid, relation text, result text, error text) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.finish_data_retention(relation regclass) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.finish_data_retention(relation regclass) TO audit_operator;

REVOKE ALL ON FUNCTION audit_private.finish_purge(run_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.finish_purge(run_id uuid) TO audit_operator;

REVOKE ALL ON FUNCTION audit_private.finish_run(run_id uuid, result text, detail text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.finish_run(run_id uuid, result text, detail text) TO audit_operator;
GRANT ALL ON FUNCTION audit_private.finish_run(run_id uuid, result text, detail text) TO audit_keeper;

REVOKE ALL ON FUNCTION audit_private.finish_unwatch(entity_type text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.finish_unwatch(entity_type text) TO audit_operator;

REVOKE ALL ON FUNCTION audit_private.finish_verification(run_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.finish_verification(run_id uuid) TO audit_operator;

REVOKE ALL ON FUNCTION audit_private.finish_watch(entity_type text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.finish_watch(entity_type text) TO audit_operator;

REVOKE ALL ON FUNCTION audit_private.floors_in_force(at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.floors_in_force(at timestamp with time zone) TO audit_finder;
GRANT ALL ON FUNCTION audit_private.floors_in_force(at timestamp with time zone) TO audit_keeper;

REVOKE ALL ON FUNCTION audit_private.forget_idempotency_keys(at_most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.forget_idempotency_keys(at_most integer) TO audit_operator;

REVOKE ALL ON FUNCTION audit_private.forget_runs() FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.forget_runs() TO audit_operator;

REVOKE ALL ON FUNCTION audit_private.grantee_name(grantee oid) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.group_digest(erased_digest bytea, group_salt bytea, name bytea, content text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.group_digest(erased_digest bytea, group_salt bytea, name bytea, content text) TO audit_finder;
GRANT ALL ON FUNCTION audit_private.group_digest(erased_digest bytea, group_salt bytea, name bytea, content text) TO audit_keeper;

REVOKE ALL ON FUNCTION audit_private.group_salt(salt uuid, derived_salts bytea, name bytea, place integer) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.group_salt(salt uuid, derived_salts bytea, name bytea, place integer) TO audit_finder;
GRANT ALL ON FUNCTION audit_private.group_salt(salt uuid, derived_salts bytea, name bytea, place integer) TO audit_keeper;

REVOKE ALL ON FUNCTION audit_private.grow_log(old_size bigint, new_size bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.guard_digest(partition_name text) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.guard_partition(partition_name text) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.has_columns(relation regclass, digest text, is_numbered boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.has_columns(relation regclass, digest text, is_numbered boolean) TO audit_writer;

REVOKE ALL ON FUNCTION audit_private.has_just_read(session audit_private.access_session, route text, filter jsonb, is_same_statement boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.has_newer_events(partition_name text, transaction_id bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.has_worker(export audit_private.export) FROM PUBLIC;

REVOKE ALL ON TABLE audit_private.seal FROM audit_owner;
GRANT SELECT,REFERENCES,TRIGGER ON TABLE audit_private.seal TO audit_owner;
GRANT SELECT ON TABLE audit_private.seal TO audit_backup;
GRANT SELECT,INSERT ON TABLE audit_private.seal TO audit_finder;
GRANT SELECT ON TABLE audit_private.seal TO audit_keeper;

REVOKE ALL ON FUNCTION audit_private.hash_of_seal(seal audit_private.seal) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.hash_of_seal(seal audit_private.seal) TO audit_finder;

REVOKE ALL ON FUNCTION audit_private.hold_condition(hold audit_private.legal_hold) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.hold_condition(hold audit_private.legal_hold) TO audit_finder;
GRANT ALL ON FUNCTION audit_private.hold_condition(hold audit_private.legal_hold) TO audit_keeper;

REVOKE ALL ON FUNCTION audit_private.hold_off_exports(tenant_id uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.holds_pending(tenant_id uuid, erasure_id uuid, condition text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.holds_pending(tenant_id uuid, erasure_id uuid, condition text) TO audit_owner;

REVOKE ALL ON FUNCTION audit_private.id_condition(chosen text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.import_batch(tenant_id uuid, events jsonb, first_line integer) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.import_batch(tenant_id uuid, events jsonb, first_line integer) TO audit_owner;

REVOKE ALL ON FUNCTION audit_private.ip_condition(chosen text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.is_apply_worker() FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.is_apply_worker() TO audit_writer;

REVOKE ALL ON FUNCTION audit_private.is_data_owner_right(item aclitem, object name) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.is_emptied(tenant_id uuid, seal_number bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.is_emptied(tenant_id uuid, seal_number bigint) TO audit_finder;
GRANT ALL ON FUNCTION audit_private.is_emptied(tenant_id uuid, seal_number bigint) TO audit_keeper;

REVOKE ALL ON FUNCTION audit_private.is_naming(document jsonb, names text[], patterns text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.is_partition_empty(partition_name text, locks_it boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.is_partition_empty(partition_name text, locks_it boolean) TO audit_owner;

REVOKE ALL ON FUNCTION audit_private.is_removal_barred() FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.is_removal_barred() TO audit_keeper;
GRANT ALL ON FUNCTION audit_private.is_removal_barred() TO audit_finder;

REVOKE ALL ON FUNCTION audit_private.is_retained(tenant_id uuid, occurred_at timestamp with time zone, id uuid, source text, action text, entity_type text, actor_type text, outcome text, actor_id text, entity_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.is_retained(tenant_id uuid, occurred_at timestamp with time zone, id uuid, source text, action text, entity_type text, actor_type text, outcome text, actor_id text, entity_id text) TO audit_owner;
GRANT ALL ON FUNCTION audit_private.is_retained(tenant_id uuid, occurred_at timestamp with time zone, id uuid, source text, action text, entity_type text, actor_type text, outcome text, actor_id text, entity_id text) TO audit_finder;
GRANT ALL ON FUNCTION audit_private.is_retained(tenant_id uuid, occurred_at timestamp with time zone, id uuid, source text, action text, entity_type text, actor_type text, outcome text, actor_id text, entity_id text) TO audit_reader;
GRANT ALL ON FUNCTION audit_private.is_retained(tenant_id uuid, occurred_at timestamp with time zone, id uuid, source text, action text, entity_type text, actor_type text, outcome text, actor_id text, entity_id text) TO audit_admin;
GRANT ALL ON FUNCTION audit_private.is_retained(tenant_id uuid, occurred_at timestamp with time zone, id uuid, source text, action text, entity_type text, actor_type text, outcome text, actor_id text, entity_id text) TO audit_privacy;
GRANT ALL ON FUNCTION audit_private.is_retained(tenant_id uuid, occurred_at timestamp with time zone, id uuid, source text, action text, entity_type text, actor_type text, outcome text, actor_id text, entity_id text) TO audit_auditor;

REVOKE ALL ON FUNCTION audit_private.is_service_role() FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.is_under_data_retention(relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.is_valid_event(description text, outcome text, error_message text, entity_id text, actor_id text, actor_type text, actor jsonb, target jsonb, changes jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.is_valid_event(description text, outcome text, error_message text, entity_id text, actor_id text, actor_type text, actor jsonb, target jsonb, changes jsonb) TO audit_writer;

REVOKE ALL ON FUNCTION audit_private.is_withheld(value jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.job_definitions() FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.job_definitions() TO audit_operator;

REVOKE ALL ON FUNCTION audit_private.job_slots() FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.job_states() FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.key_columns(relation regclass) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.key_columns(relation regclass) TO audit_writer;

REVOKE ALL ON FUNCTION audit_private.key_expression(relation regclass, alias text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.key_expression(relation regclass, alias text) TO audit_writer;

REVOKE ALL ON FUNCTION audit_private.known_data_retention(relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.lacking_data_indexes(entry audit_private.data_retention) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.last_transaction_id() FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.last_transaction_id() TO audit_owner;

REVOKE ALL ON FUNCTION audit_private.last_vacuumed_at(relation oid) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.leaf_of_event(e audit_private.event) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.leaf_of_event(e audit_private.event) TO audit_finder;
GRANT ALL ON FUNCTION audit_private.leaf_of_event(e audit_private.event) TO audit_keeper;

REVOKE ALL ON FUNCTION audit_private.left_salts(e audit_private.event, erases_actor_id boolean, erases_entity_id boolean, erases_payload boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.left_salts(e audit_private.event, erases_actor_id boolean, erases_entity_id boolean, erases_payload boolean) TO audit_keeper;

REVOKE ALL ON FUNCTION audit_private.list_drift() FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.listed_tenant(tenant_id uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.lock_catalogue() FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.lock_partitions(from_time timestamp with time zone, until_time timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.log_consistency(old_size bigint, new_size bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.log_consistency(old_size bigint, new_size bigint) TO audit_finder;

REVOKE ALL ON FUNCTION audit_private.log_event_carefully(action text, entity_type text, entity_id text, description text, metadata jsonb, target jsonb, changes jsonb, outcome text, error_message text, occurred_at timestamp with time zone, idempotency_key text, actor_id text, actor_type text, actor jsonb, tenant_id uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.log_hash(from_index bigint, until_index bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.log_hash(from_index bigint, until_index bigint) TO audit_finder;

REVOKE ALL ON FUNCTION audit_private.log_level(size bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.log_level(size bigint) TO audit_finder;

REVOKE ALL ON FUNCTION audit_private.log_origin(epoch integer) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.log_origin(epoch integer) TO audit_finder;

REVOKE ALL ON FUNCTION audit_private.log_path(index bigint, size bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.log_path(index bigint, size bigint) TO audit_finder;

REVOKE ALL ON FUNCTION audit_private.match_expression(relation regclass, tenant_column text, left_alias text, right_alias text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.match_expression(relation regclass, tenant_column text, left_alias text, right_alias text) TO audit_writer;

REVOKE ALL ON FUNCTION audit_private.matching_holds(tenant_id uuid, occurred_at timestamp with time zone, id uuid, source text, action text, entity_type text, actor_type text, outcome text, actor_id text, entity_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.matching_holds(tenant_id uuid, occurred_at timestamp with time zone, id uuid, source text, action text, entity_type text, actor_type text, outcome text, actor_id text, entity_id text) TO audit_keeper;

REVOKE ALL ON FUNCTION audit_private.may_export(tenant_id uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.merkle_level(nodes bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.merkle_level(nodes bytea) TO audit_finder;

REVOKE ALL ON FUNCTION audit_private.merkle_path(leaves bytea, index integer) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.merkle_path(leaves bytea, index integer) TO audit_finder;

REVOKE ALL ON FUNCTION audit_private.merkle_root(leaves bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.merkle_root(leaves bytea) TO audit_finder;

REVOKE ALL ON FUNCTION audit_private.microseconds(moment timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.microseconds(moment timestamp with time zone) TO audit_finder;
GRANT ALL ON FUNCTION audit_private.microseconds(moment timestamp with time zone) TO audit_keeper;

REVOKE ALL ON FUNCTION audit_private.new_event_id(occurred_at timestamp with time zone, unique_bits bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.new_event_id(occurred_at timestamp with time zone, unique_bits bigint) TO audit_writer;

REVOKE ALL ON FUNCTION audit_private.next_data_purge(run_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.next_data_purge(run_id uuid) TO audit_operator;

REVOKE ALL ON FUNCTION audit_private.note_data_batch(run_id uuid, relation text, last_key jsonb, looked_at integer, kept jsonb, gone text[], gone_tenants uuid[], gone_levels text[], gone_children uuid[], late text[], left_over text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.note_data_review(run_id uuid, relation text, summary jsonb, group_keys text[], group_days integer[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.note_erased(tenant_id uuid, erasure_id uuid, event_ids uuid[], groups text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.note_erased(tenant_id uuid, erasure_id uuid, event_ids uuid[], groups text[]) TO audit_owner;

REVOKE ALL ON FUNCTION audit_private.note_partitions_end() FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.note_place(run_id uuid, place jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.note_place(run_id uuid, place jsonb) TO audit_keeper;

REVOKE ALL ON FUNCTION audit_private.note_purge_error(run_id uuid, tenant_id uuid, error text) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.note_removals(run_id uuid, tenant_id uuid, from_time timestamp with time zone, until_time timestamp with time zone, kept_times timestamp with time zone[], kept_ids uuid[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.note_schedule(role name, is_scheduled boolean, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.note_schedule(role name, is_scheduled boolean, reason text) TO audit_operator;

REVOKE ALL ON FUNCTION audit_private.note_step(run_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.note_step(run_id uuid) TO audit_operator;

REVOKE ALL ON FUNCTION audit_private.note_verification(run_id uuid, from_time timestamp with time zone, until_time timestamp with time zone, finding_count bigint, findings jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.object_digests() FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.partition_index_statements(partition text, is_concurrent boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.partition_index_statements(partition text, is_concurrent boolean) TO audit_operator;

REVOKE ALL ON FUNCTION audit_private.partitions_end(moment timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.partner_expression(relation regclass, tenant_column text, rows text, other_rows text, alias text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.partner_expression(relation regclass, tenant_column text, rows text, other_rows text, alias text) TO audit_writer;

REVOKE ALL ON FUNCTION audit_private.pass_gate() FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.pause_sealing() FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.pause_sealing() TO audit_keeper;

REVOKE ALL ON FUNCTION audit_private.payload_bytes(description text, actor jsonb, target jsonb, changes jsonb, metadata jsonb, error_message text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.payload_bytes(description text, actor jsonb, target jsonb, changes jsonb, metadata jsonb, error_message text) TO audit_writer;

REVOKE ALL ON FUNCTION audit_private.payload_content(e audit_private.event) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.payload_content(e audit_private.event) TO audit_finder;
GRANT ALL ON FUNCTION audit_private.payload_content(e audit_private.event) TO audit_keeper;

REVOKE ALL ON FUNCTION audit_private.payload_digest(e audit_private.event) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.payload_digest(e audit_private.event) TO audit_finder;
GRANT ALL ON FUNCTION audit_private.payload_digest(e audit_private.event) TO audit_keeper;

REVOKE ALL ON FUNCTION audit_private.pending_windows(tenant_id uuid, erasure_id uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.plain_data_children(children jsonb, parent regclass, is_nested boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.plain_data_levels(levels jsonb, relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.plain_statement(watched audit_private.watched_table, relation regclass, operation text, is_single boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.plan_verification(run_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.plan_verification(run_id uuid) TO audit_operator;

REVOKE ALL ON FUNCTION audit_private.policies_in_force(at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.policies_in_force(at timestamp with time zone) TO audit_writer;
GRANT ALL ON FUNCTION audit_private.policies_in_force(at timestamp with time zone) TO audit_finder;
GRANT ALL ON FUNCTION audit_private.policies_in_force(at timestamp with time zone) TO audit_keeper;

REVOKE ALL ON FUNCTION audit_private.policy_text(policy pg_policy) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.predict_purge(run_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.predict_purge(run_id uuid) TO audit_operator;

REVOKE ALL ON FUNCTION audit_private.prefers_text_index(filter jsonb, from_time timestamp with time zone, until_time timestamp with time zone, wanted bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.prepare_data_retention(relation regclass, time_column text, levels jsonb, children jsonb, tenant_column text, entity_type text, actor_column text, decision text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.prepare_data_retention(relation regclass, time_column text, levels jsonb, children jsonb, tenant_column text, entity_type text, actor_column text, decision text) TO audit_operator;

REVOKE ALL ON FUNCTION audit_private.prepare_unwatch(relation regclass, reason text, entity_type text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.prepare_unwatch(relation regclass, reason text, entity_type text) TO audit_operator;

REVOKE ALL ON FUNCTION audit_private.prepare_watch(relation regclass, entity_type text, tenant_column text, label_column text, columns text[], redact_columns text[], ignore_columns text[], category text, level text, on_error text, keep_deleted_values boolean, reason text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.prepare_watch(relation regclass, entity_type text, tenant_column text, label_column text, columns text[], redact_columns text[], ignore_columns text[], category text, level text, on_error text, keep_deleted_values boolean, reason text) TO audit_operator;

REVOKE ALL ON FUNCTION audit_private.printing_settings(relation regclass, label_column text) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.proof_groups(e audit_private.event) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.purge_step(run_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.purge_step(run_id uuid) TO audit_operator;

REVOKE ALL ON FUNCTION audit_private.quoted_role(role name) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.quoted_role(role name) TO audit_writer;
GRANT ALL ON FUNCTION audit_private.quoted_role(role name) TO audit_finder;
GRANT ALL ON FUNCTION audit_private.quoted_role(role name) TO audit_keeper;

REVOKE ALL ON FUNCTION audit_private.rare_statement(entity_type text, relation regclass, operation text, kind text, is_current boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.rare_values(watched audit_private.watched_table) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.read_cursor(cursor text, scope text, OUT occurred_at timestamp with time zone, OUT id uuid, OUT seen text) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.read_identifiers(identifiers text[], OUT names text[], OUT patterns text[], OUT key_patterns text[], OUT is_plain boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.read_ledger(entries jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.readable_since() FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.readable_since() TO audit_reader;
GRANT ALL ON FUNCTION audit_private.readable_since() TO audit_admin;
GRANT ALL ON FUNCTION audit_private.readable_since() TO audit_privacy;
GRANT ALL ON FUNCTION audit_private.readable_since() TO audit_auditor;

REVOKE ALL ON FUNCTION audit_private.readable_tenant() FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.readable_tenant() TO audit_reader;
GRANT ALL ON FUNCTION audit_private.readable_tenant() TO audit_admin;
GRANT ALL ON FUNCTION audit_private.readable_tenant() TO audit_privacy;
GRANT ALL ON FUNCTION audit_private.readable_tenant() TO audit_auditor;

REVOKE ALL ON FUNCTION audit_private.record_definition(kind text, code text, definition jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.record_installation(version text, code_digest text, migrations text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.record_read(session audit_private.access_session, route text, filter jsonb, rows bigint, page_size integer, is_continued boolean, statement text) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.recorded_by() FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.recorded_by() TO audit_writer;
GRANT ALL ON FUNCTION audit_private.recorded_by() TO audit_finder;
GRANT ALL ON FUNCTION audit_private.recorded_by() TO audit_keeper;

REVOKE ALL ON FUNCTION audit_private.refresh_bindings() FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.refresh_watched(watched audit_private.watched_table, relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.refuse_access(tenant_id uuid, actor_id text, actor_type text, named text) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.refuse_actor(actor_type text, actor jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.refuse_actor(actor_type text, actor jsonb) TO audit_writer;

REVOKE ALL ON FUNCTION audit_private.refuse_capture(tenant_id uuid, action text, entity_type text, entity_id text, occurred_at timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.refuse_change() FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.refuse_codes(tenant_id uuid, action text, entity_type text, place text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.refuse_codes(tenant_id uuid, action text, entity_type text, place text) TO audit_owner;

REVOKE ALL ON FUNCTION audit_private.refuse_data_retention(message text, detail text, hint text) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.refuse_definition(message text, detail text, hint text) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.refuse_erasure(detail text, hint text) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.refuse_event(place text, action text, description text, outcome text, error_message text, entity_id text, actor_id text, actor_type text, actor jsonb, target jsonb, changes jsonb, is_mandatory boolean, occurred_at timestamp with time zone, earliest timestamp with time zone, latest timestamp with time zone, events_until timestamp with time zone, payload_bytes integer, payload_limit integer) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.refuse_event(place text, action text, description text, outcome text, error_message text, entity_id text, actor_id text, actor_type text, actor jsonb, target jsonb, changes jsonb, is_mandatory boolean, occurred_at timestamp with time zone, earliest timestamp with time zone, latest timestamp with time zone, events_until timestamp with time zone, payload_bytes integer, payload_limit integer) TO audit_writer;

REVOKE ALL ON FUNCTION audit_private.refuse_filter(key text, value jsonb, wanted text) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.refuse_import(id uuid, occurred_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.refuse_import(id uuid, occurred_at timestamp with time zone) TO audit_writer;

REVOKE ALL ON FUNCTION audit_private.refuse_ledger(detail text) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.refuse_repeat(idempotency_key text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.refuse_repeat(idempotency_key text) TO audit_writer;

REVOKE ALL ON FUNCTION audit_private.refuse_revert(event_id uuid, detail text, hint text) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.refuse_scheduling(message text, detail text, hint text) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.refuse_watch(message text, detail text, hint text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.refuse_watch(message text, detail text, hint text) TO audit_writer;

REVOKE ALL ON FUNCTION audit_private.refuse_write(tenant_id uuid, action text, entity_type text) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.relation_named(name text) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.release_tenant() FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.release_tenant() TO audit_writer;
GRANT ALL ON FUNCTION audit_private.release_tenant() TO audit_finder;
GRANT ALL ON FUNCTION audit_private.release_tenant() TO audit_keeper;

REVOKE ALL ON FUNCTION audit_private.removable_before(cutoff timestamp with time zone, is_exact boolean, partition_until timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.removable_before(cutoff timestamp with time zone, is_exact boolean, partition_until timestamp with time zone) TO audit_keeper;

REVOKE ALL ON FUNCTION audit_private.removals_digest(tenant_id uuid, run_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.removals_digest(tenant_id uuid, run_id uuid) TO audit_keeper;

REVOKE ALL ON FUNCTION audit_private.removed_count(tenant_id uuid, seal_number bigint, event_count bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.removed_count(tenant_id uuid, seal_number bigint, event_count bigint) TO audit_keeper;

REVOKE ALL ON FUNCTION audit_private.removed_places(tenant_id uuid, seal_number bigint, part integer) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.removed_places(tenant_id uuid, seal_number bigint, part integer) TO audit_keeper;

REVOKE ALL ON FUNCTION audit_private.require_access(tenant_id uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.require_read_committed() FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.require_read_committed() TO audit_finder;
GRANT ALL ON FUNCTION audit_private.require_read_committed() TO audit_keeper;

REVOKE ALL ON FUNCTION audit_private.require_tenant(tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.require_tenant(tenant_id uuid) TO audit_writer;

REVOKE ALL ON FUNCTION audit_private.require_watched(relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.require_writable() FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.resolve_catalogue() FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.resolve_decisions(only_tenant_id uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.resolve_toggles() FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.retained_condition(tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.retained_condition(tenant_id uuid) TO audit_owner;

REVOKE ALL ON FUNCTION audit_private.retention_cutoff(tenant_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.retention_cutoff(tenant_id uuid) TO audit_writer;
GRANT ALL ON FUNCTION audit_private.retention_cutoff(tenant_id uuid) TO audit_finder;
GRANT ALL ON FUNCTION audit_private.retention_cutoff(tenant_id uuid) TO audit_keeper;

REVOKE ALL ON FUNCTION audit_private.reverify_step(run_id uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.reverify_step(run_id uuid) TO audit_operator;

REVOKE ALL ON FUNCTION audit_private.rough_patterns(texts text[]) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.row_changes(tenant_id uuid, entity_type text, entity_id text) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.row_columns(watched audit_private.watched_table, relation regclass, alias text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.row_columns(watched audit_private.watched_table, relation regclass, alias text) TO audit_writer;

REVOKE ALL ON FUNCTION audit_private.scheduler_database() FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.seal_entry(seal audit_private.seal) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.seal_entry(seal audit_private.seal) TO audit_finder;

REVOKE ALL ON FUNCTION audit_private.seal_step() FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.seal_step() TO audit_operator;

REVOKE ALL ON FUNCTION audit_private.sealed_tenants() FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.sealed_tenants() TO audit_finder;

REVOKE ALL ON FUNCTION audit_private.seals_between(tenant_id uuid, from_time timestamp with time zone, until_time timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.seals_between(tenant_id uuid, from_time timestamp with time zone, until_time timestamp with time zone) TO audit_finder;
GRANT ALL ON FUNCTION audit_private.seals_between(tenant_id uuid, from_time timestamp with time zone, until_time timestamp with time zone) TO audit_keeper;

REVOKE ALL ON FUNCTION audit_private.search_pattern(key text, value jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.search_text_v1(description text, actor jsonb, target jsonb, metadata jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.search_text_v1(description text, actor jsonb, target jsonb, metadata jsonb) TO audit_finder;
GRANT ALL ON FUNCTION audit_private.search_text_v1(description text, actor jsonb, target jsonb, metadata jsonb) TO audit_writer;
GRANT ALL ON FUNCTION audit_private.search_text_v1(description text, actor jsonb, target jsonb, metadata jsonb) TO audit_keeper;
GRANT ALL ON FUNCTION audit_private.search_text_v1(description text, actor jsonb, target jsonb, metadata jsonb) TO audit_reader;
GRANT ALL ON FUNCTION audit_private.search_text_v1(description text, actor jsonb, target jsonb, metadata jsonb) TO audit_admin;
GRANT ALL ON FUNCTION audit_private.search_text_v1(description text, actor jsonb, target jsonb, metadata jsonb) TO audit_privacy;
GRANT ALL ON FUNCTION audit_private.search_text_v1(description text, actor jsonb, target jsonb, metadata jsonb) TO audit_auditor;

REVOKE ALL ON FUNCTION audit_private.seen_condition(seen text) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.sees_all_tenants() FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.sees_all_tenants() TO audit_writer;

REVOKE ALL ON FUNCTION audit_private.skip_partition(run_id uuid, error text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.skip_partition(run_id uuid, error text) TO audit_operator;

REVOKE ALL ON FUNCTION audit_private.spool_actor(OUT actor_id text, OUT actor_type text, OUT actor jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.spool_handler(watched audit_private.watched_table) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.spool_statement(watched audit_private.watched_table, relation regclass, operation text, names jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.spool_statement(watched audit_private.watched_table, relation regclass, operation text, names jsonb) TO audit_writer;

REVOKE ALL ON FUNCTION audit_private.start_exports() FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.start_exports() TO audit_operator;

REVOKE ALL ON FUNCTION audit_private.store_batch(tenant_id uuid, events jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.store_export(session audit_private.access_session, filter jsonb, format text, is_straight boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.store_one_by_one(tenant_id uuid, events jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.store_toggle(tenant_id uuid, action text, code text, enabled boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.summarize_events() FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.summarize_events() TO audit_operator;

REVOKE ALL ON FUNCTION audit_private.survivors_statement(partition_name text, partition_until timestamp with time zone, at timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.tell_erasure(tenant_id uuid, erasure_id uuid, erased bigint, held bigint, exports bigint) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.text_condition(columns text, key text, value jsonb, uses_index boolean) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.texts_within(document jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.texts_within(document jsonb) TO audit_keeper;

REVOKE ALL ON FUNCTION audit_private.truncation_statement(watched audit_private.watched_table) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.unlisted_statement(transaction_offset bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.unlisted_statement(transaction_offset bigint) TO audit_finder;

GRANT SELECT ON TABLE audit_private.sealing TO audit_backup;
GRANT SELECT,UPDATE ON TABLE audit_private.sealing TO audit_finder;
GRANT SELECT ON TABLE audit_private.sealing TO audit_keeper;

REVOKE ALL ON FUNCTION audit_private.unsealed_condition(state audit_private.sealing) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.unsealed_condition(state audit_private.sealing) TO audit_finder;
GRANT ALL ON FUNCTION audit_private.unsealed_condition(state audit_private.sealing) TO audit_keeper;

REVOKE ALL ON FUNCTION audit_private.value_condition(column_name text, chosen text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.value_condition(column_name text, chosen text[]) TO audit_finder;
GRANT ALL ON FUNCTION audit_private.value_condition(column_name text, chosen text[]) TO audit_keeper;

REVOKE ALL ON FUNCTION audit_private.value_literal(value jsonb, relation regclass, column_name text) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.verify_chains(tenant uuid, from_time timestamp with time zone, until_time timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.verify_chains(tenant uuid, from_time timestamp with time zone, until_time timestamp with time zone) TO audit_owner;

REVOKE ALL ON FUNCTION audit_private.verify_erasure_counts(tenant uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.verify_erasure_counts(tenant uuid) TO audit_owner;

REVOKE ALL ON FUNCTION audit_private.verify_holds(tenant uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.verify_holds(tenant uuid) TO audit_owner;

REVOKE ALL ON FUNCTION audit_private.verify_leaves(tenant uuid, from_time timestamp with time zone, until_time timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.verify_leaves(tenant uuid, from_time timestamp with time zone, until_time timestamp with time zone) TO audit_owner;

REVOKE ALL ON FUNCTION audit_private.verify_lists(tenant uuid, from_time timestamp with time zone, until_time timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.verify_lists(tenant uuid, from_time timestamp with time zone, until_time timestamp with time zone) TO audit_owner;

REVOKE ALL ON FUNCTION audit_private.verify_log() FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.verify_log() TO audit_owner;

REVOKE ALL ON FUNCTION audit_private.verify_removals(tenant uuid, from_time timestamp with time zone, until_time timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.verify_removals(tenant uuid, from_time timestamp with time zone, until_time timestamp with time zone) TO audit_owner;

REVOKE ALL ON FUNCTION audit_private.verify_settings(tenant uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.verify_settings(tenant uuid) TO audit_owner;

REVOKE ALL ON FUNCTION audit_private.verify_standing(tenant uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.verify_time(tenant uuid, from_time timestamp with time zone, until_time timestamp with time zone) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.visible_tenant() FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.visible_tenant() TO audit_reader;
GRANT ALL ON FUNCTION audit_private.visible_tenant() TO audit_admin;
GRANT ALL ON FUNCTION audit_private.visible_tenant() TO audit_privacy;
GRANT ALL ON FUNCTION audit_private.visible_tenant() TO audit_auditor;
GRANT ALL ON FUNCTION audit_private.visible_tenant() TO audit_writer;
GRANT ALL ON FUNCTION audit_private.visible_tenant() TO audit_finder;
GRANT ALL ON FUNCTION audit_private.visible_tenant() TO audit_keeper;

REVOKE ALL ON FUNCTION audit_private.warn_of_spooling(entity_type text, failure text) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.warn_of_spooling(entity_type text, failure text) TO audit_writer;

REVOKE ALL ON FUNCTION audit_private.watch_call(watched audit_private.watched_table, relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.watched_entity_type(relation regclass) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.watched_relation(entity_type text) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.write_chunks(tenant_id uuid, export_id uuid, after_chunk integer, format text, condition text, spans tstzrange[], place_occurred_at timestamp with time zone, place_id uuid, most integer, are_small boolean, OUT rows bigint, OUT bytes bigint, OUT last_occurred_at timestamp with time zone, OUT last_id uuid, OUT is_last boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.write_chunks(tenant_id uuid, export_id uuid, after_chunk integer, format text, condition text, spans tstzrange[], place_occurred_at timestamp with time zone, place_id uuid, most integer, are_small boolean, OUT rows bigint, OUT bytes bigint, OUT last_occurred_at timestamp with time zone, OUT last_id uuid, OUT is_last boolean) TO audit_owner;

REVOKE ALL ON FUNCTION audit_private.write_cursor(scope text, seen text, occurred_at timestamp with time zone, id uuid) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.write_export_event(export audit_private.export, step text, description text, session audit_private.access_session, metadata jsonb) FROM PUBLIC;

REVOKE ALL ON FUNCTION audit_private.write_system_event(tenant_id uuid, action text, entity_type text, entity_id text, description text, metadata jsonb, changes jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION audit_private.write_system_event(tenant_id uuid, action text, entity_type text, entity_id text, description text, metadata jsonb, changes jsonb) TO audit_owner;
GRANT ALL ON FUNCTION audit_private.write_system_event(tenant_id uuid, action text, entity_type text, entity_id text, description text, metadata jsonb, changes jsonb) TO audit_keeper;

REVOKE ALL ON FUNCTION audit_private.written_patterns(texts text[]) FROM PUBLIC;

GRANT SELECT ON TABLE audit.exportable_event TO audit_reader;
GRANT SELECT ON TABLE audit.exportable_event TO audit_admin;
GRANT SELECT ON TABLE audit.exportable_event TO audit_privacy;
GRANT SELECT ON TABLE audit.exportable_event TO audit_auditor;

GRANT SELECT ON TABLE audit_private.access_closing TO audit_backup;

GRANT SELECT ON TABLE audit_private.access_reason TO audit_backup;

GRANT SELECT ON TABLE audit_private.action_toggle TO audit_backup;

GRANT SELECT ON TABLE audit_private.actor_type TO audit_backup;

GRANT SELECT ON TABLE audit_private.capture_spool TO audit_backup;
GRANT SELECT,INSERT,DELETE ON TABLE audit_private.capture_spool TO audit_writer;
GRANT SELECT ON TABLE audit_private.capture_spool TO audit_keeper;

GRANT UPDATE(entity_id) ON TABLE audit_private.capture_spool TO audit_keeper;

GRANT UPDATE(description) ON TABLE audit_private.capture_spool TO audit_keeper;

GRANT UPDATE(changes) ON TABLE audit_private.capture_spool TO audit_keeper;

GRANT UPDATE(target) ON TABLE audit_private.capture_spool TO audit_keeper;

GRANT UPDATE(metadata) ON TABLE audit_private.capture_spool TO audit_keeper;

GRANT UPDATE(actor_id) ON TABLE audit_private.capture_spool TO audit_keeper;

GRANT UPDATE(actor) ON TABLE audit_private.capture_spool TO audit_keeper;

GRANT UPDATE(error) ON TABLE audit_private.capture_spool TO audit_keeper;

GRANT SELECT ON SEQUENCE audit_private.capture_spool_spool_id_seq TO audit_backup;

GRANT SELECT ON TABLE audit_private.category TO audit_backup;
GRANT SELECT ON TABLE audit_private.category TO audit_writer;
GRANT SELECT ON TABLE audit_private.category TO audit_finder;
GRANT SELECT ON TABLE audit_private.category TO audit_keeper;

GRANT SELECT ON TABLE audit_private.category_toggle TO audit_backup;

GRANT SELECT ON TABLE audit_private.data_purge_receipt TO audit_backup;

GRANT SELECT ON TABLE audit_private.data_retention_group TO audit_backup;

GRANT SELECT ON TABLE audit_private.data_retention_preview TO audit_backup;

GRANT SELECT ON TABLE audit_private.data_retention_wait TO audit_backup;

GRANT SELECT ON TABLE audit_private.entity_type TO audit_backup;
GRANT SELECT ON TABLE audit_private.entity_type TO audit_writer;
GRANT SELECT ON TABLE audit_private.entity_type TO audit_finder;

REVOKE ALL ON TABLE audit_private.erased_event FROM audit_owner;
GRANT SELECT,REFERENCES,TRIGGER ON TABLE audit_private.erased_event TO audit_owner;
GRANT SELECT ON TABLE audit_private.erased_event TO audit_backup;
GRANT INSERT ON TABLE audit_private.erased_event TO audit_keeper;
GRANT SELECT ON TABLE audit_private.erased_event TO audit_finder;

GRANT SELECT ON SEQUENCE audit_private.event_sequence TO audit_backup;
GRANT USAGE ON SEQUENCE audit_private.event_sequence TO audit_writer;

GRANT SELECT ON TABLE audit_private.export_cancellation TO audit_backup;

GRANT SELECT ON TABLE audit_private.export_chunk TO audit_backup;
GRANT INSERT ON TABLE audit_private.export_chunk TO audit_keeper;

GRANT SELECT(rows) ON TABLE audit_private.export_chunk TO audit_keeper;

GRANT SELECT(bytes) ON TABLE audit_private.export_chunk TO audit_keeper;

GRANT SELECT(last_occurred_at) ON TABLE audit_private.export_chunk TO audit_keeper;

GRANT SELECT(last_id) ON TABLE audit_private.export_chunk TO audit_keeper;

GRANT SELECT ON TABLE audit_private.idempotency_key TO audit_backup;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE audit_private.idempotency_key TO audit_writer;
GRANT SELECT,DELETE ON TABLE audit_private.idempotency_key TO audit_keeper;

GRANT SELECT ON TABLE audit_private.installation TO audit_backup;

GRANT SELECT ON TABLE audit_private.installed_object TO audit_backup;

GRANT SELECT ON TABLE audit_private.instance TO audit_backup;
GRANT SELECT ON TABLE audit_private.instance TO audit_writer;
GRANT SELECT ON TABLE audit_private.instance TO audit_finder;
GRANT SELECT ON TABLE audit_private.instance TO audit_keeper;

GRANT SELECT ON TABLE audit_private.job_schedule TO audit_backup;

GRANT SELECT ON TABLE audit_private.logging_decision TO audit_backup;
GRANT SELECT ON TABLE audit_private.logging_decision TO audit_writer;

GRANT SELECT ON TABLE audit_private.option TO audit_backup;
GRANT SELECT ON TABLE audit_private.option TO audit_writer;
GRANT SELECT ON TABLE audit_private.option TO audit_finder;

GRANT SELECT ON TABLE audit_private.outcome TO audit_backup;

REVOKE ALL ON TABLE audit_private.part_removal FROM audit_owner;
GRANT REFERENCES,TRIGGER ON TABLE audit_private.part_removal TO audit_owner;
GRANT SELECT ON TABLE audit_private.part_removal TO audit_backup;
GRANT SELECT ON TABLE audit_private.part_removal TO audit_finder;
GRANT SELECT,INSERT,UPDATE ON TABLE audit_private.part_removal TO audit_keeper;

REVOKE ALL ON TABLE audit_private.pending_erasure FROM audit_owner;
GRANT SELECT,REFERENCES,TRIGGER ON TABLE audit_private.pending_erasure TO audit_owner;
GRANT SELECT ON TABLE audit_private.pending_erasure TO audit_backup;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE audit_private.pending_erasure TO audit_keeper;

GRANT SELECT ON SEQUENCE audit_private.read_number TO audit_backup;

GRANT SELECT ON TABLE audit_private.retention_floor TO audit_backup;
GRANT SELECT ON TABLE audit_private.retention_floor TO audit_finder;
GRANT SELECT ON TABLE audit_private.retention_floor TO audit_keeper;

GRANT SELECT ON TABLE audit_private.role_binding TO audit_backup;
GRANT SELECT ON TABLE audit_private.role_binding TO audit_writer;

REVOKE ALL ON TABLE audit_private.seal_part FROM audit_owner;
GRANT REFERENCES,TRIGGER ON TABLE audit_private.seal_part TO audit_owner;
GRANT SELECT ON TABLE audit_private.seal_part TO audit_backup;
GRANT SELECT,INSERT ON TABLE audit_private.seal_part TO audit_finder;
GRANT SELECT,DELETE ON TABLE audit_private.seal_part TO audit_keeper;

REVOKE ALL ON TABLE audit_private.seal_removal FROM audit_owner;
GRANT REFERENCES,TRIGGER ON TABLE audit_private.seal_removal TO audit_owner;
GRANT SELECT ON TABLE audit_private.seal_removal TO audit_backup;
GRANT SELECT ON TABLE audit_private.seal_removal TO audit_finder;
GRANT SELECT,INSERT ON TABLE audit_private.seal_removal TO audit_keeper;

GRANT SELECT ON TABLE audit_private.service_grant TO audit_backup;
GRANT SELECT ON TABLE audit_private.service_grant TO audit_finder;

GRANT SELECT ON TABLE audit_private.tenant_grant TO audit_backup;
GRANT SELECT ON TABLE audit_private.tenant_grant TO audit_finder;

REVOKE ALL ON TABLE audit_private.tree_node FROM audit_owner;
GRANT SELECT,REFERENCES,TRIGGER ON TABLE audit_private.tree_node TO audit_owner;
GRANT SELECT ON TABLE audit_private.tree_node TO audit_backup;
GRANT SELECT,INSERT ON TABLE audit_private.tree_node TO audit_finder;

GRANT SELECT ON TABLE audit_private.verification TO audit_backup;

ALTER DEFAULT PRIVILEGES FOR ROLE audit_owner IN SCHEMA audit_private GRANT SELECT ON SEQUENCES  TO audit_backup;

ALTER DEFAULT PRIVILEGES FOR ROLE audit_owner IN SCHEMA audit_private GRANT SELECT ON TABLES  TO audit_backup;

ALTER DEFAULT PRIVILEGES FOR ROLE audit_owner REVOKE ALL ON TYPES  FROM PUBLIC;

ALTER DEFAULT PRIVILEGES FOR ROLE audit_finder REVOKE ALL ON FUNCTIONS  FROM PUBLIC;

ALTER DEFAULT PRIVILEGES FOR ROLE audit_keeper REVOKE ALL ON FUNCTIONS  FROM PUBLIC;

ALTER DEFAULT PRIVILEGES FOR ROLE audit_owner REVOKE ALL ON FUNCTIONS  FROM PUBLIC;

ALTER DEFAULT PRIVILEGES FOR ROLE audit_writer REVOKE ALL ON FUNCTIONS  FROM PUBLIC;
