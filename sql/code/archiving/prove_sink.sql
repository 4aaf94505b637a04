set local role audit_keeper;
-- What the consumer was given comes once more, exactly as it is sealed: JSON as text, times in microseconds, and for each of
-- the three groups its salt, or its digest where it is erased. What was erased of an event is told also when the event is
-- gone. Whole lists of leaves take less room than a path for each. What stands in a file at the sink's address already comes
-- without a row, so that a batch that comes again is not written twice.
--
-- An erasure under way is waited for (close_gate), so that one with a later time is one that isn't seen here.
--
-- Outside the tenant wall, as sink_statement; what the filter doesn't find isn't given here either.
create or replace function audit.prove_sink(
  name text,
  tenant_id uuid,
  event_ids uuid[],
  old_size bigint default null
)
returns jsonb
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
set work_mem = '64MB'
set datestyle = 'ISO, YMD'
set timezone = 'UTC'
as $$
declare
  taken constant audit_private.sink := audit_private.archivable_sink(prove_sink.name);
  log_size constant bigint := (select s.log_size from audit_private.sealing s);
  old constant bigint := least(prove_sink.old_size, log_size);
  read_at timestamptz;
  events jsonb;
  seals bigint[];
  parts integer[];
begin
  if cardinality(prove_sink.event_ids) between 1 and 10000 is not true
    or old < 0
    or prove_sink.tenant_id = any (audit_private.sink_tenants(taken)) is not true
  then
    perform audit_private.refuse_archive(
      'WT160', 'these events can''t be archived',
      format('%s ids of tenant %s were given.', coalesce(cardinality(prove_sink.event_ids), 0),
        coalesce(prove_sink.tenant_id::text, 'null')),
      'Give 1 to 10000 events that audit.read_sink has given, of a tenant that lets the sink carry them.');
  end if;
  perform audit_private.close_gate();
  read_at := clock_timestamp();
  execute format(
    'with entry as materialized (
      select p.*
      from audit_private.sealed_places(%1$L::uuid, $1) p
      where not exists (
        select
        from audit_private.archived_part a
        join audit_private.archived_file f on f.tenant_id = a.tenant_id and f.file_id = a.file_id
        where a.tenant_id = %1$L::uuid and a.seal_number = p.seal_number and a.part = p.part
          and get_bit(a.places, p.place - 1) = 1
          and f.sink_name = %5$L and f.address = %6$L and f.removed_at is null
      )
    ),
    found as (
      select k.seal_number, k.part, k.place, jsonb_build_object(
        ''id'', e.id,
        ''occurred_at'', audit_private.microseconds(e.occurred_at),
        ''recorded_at'', audit_private.microseconds(e.recorded_at),
        ''sequence'', e.sequence,
        ''transaction_id'', e.transaction_id,
        ''source'', e.source,
        ''action'', e.action,
        ''entity_type'', e.entity_type,
        ''actor_type'', e.actor_type,
        ''outcome'', e.outcome,
        ''recorded_by'', e.recorded_by,
        ''actor_id'', e.actor_id,
        ''entity_id'', e.entity_id,
        ''description'', e.description,
        ''actor'', e.actor::text,
        ''target'', e.target::text,
        ''changes'', e.changes::text,
        ''metadata'', e.metadata::text,
        ''ip'', nullif(concat(e.ip), ''''),
        ''user_agent'', e.user_agent,
        ''request_id'', e.request_id,
        ''error_message'', e.error_message,
        ''actor_id_digest'', encode(e.actor_id_digest, ''hex''),
        ''entity_id_digest'', encode(e.entity_id_digest, ''hex''),
        ''payload_digest'', encode(e.payload_digest, ''hex''),
        ''actor_id_salt'', case when e.actor_id_digest is null then
          encode(audit_private.group_salt(e.salt, e.derived_salts, ''actor_id'', 1), ''hex'') end,
        ''entity_id_salt'', case when e.entity_id_digest is null then
          encode(audit_private.group_salt(e.salt, e.derived_salts, ''entity_id'', 2), ''hex'') end,
        ''payload_salt'', case when e.payload_digest is null then
          encode(audit_private.group_salt(e.salt, e.derived_salts, ''payload'', 3), ''hex'') end,
        ''seal_number'', k.seal_number,
        ''seal_index'', k.part * 1024 + k.place - 1) as event
      from entry k
      join (
        select e.*
        from audit_private.event e
        where e.tenant_id = %1$L::uuid and e.occurred_at between %2$L::timestamptz and %3$L::timestamptz and %4$s
      ) e on e.occurred_at = k.occurred_at and e.id = k.id
    )
    select (select coalesce(jsonb_agg(f.event order by f.seal_number, f.part, f.place), ''[]'') from found f),
      array_agg(t.seal_number), array_agg(t.part)
    from (select distinct f.seal_number, f.part from found f) t',
    prove_sink.tenant_id,
    (select min(audit_private.event_time(i.id)) from unnest(prove_sink.event_ids) as i (id)),
    (select max(audit_private.event_time(i.id)) from unnest(prove_sink.event_ids) as i (id)),
    audit_private.sink_condition(taken), taken.sink_name, taken.options ->> 'url')
  into events, seals, parts
  using prove_sink.event_ids;
  return jsonb_build_object(
    'read_at', read_at,
    'events', events,
    'erased', (
      select coalesce(jsonb_object_agg(x.event_id, x.groups), '{}')
      from (
        select y.event_id, jsonb_agg(distinct g.name) as groups
        from audit_private.erased_event y
        cross join lateral unnest(y.groups) as g (name)
        where y.tenant_id = prove_sink.tenant_id and y.event_id = any (prove_sink.event_ids)
        group by y.event_id
      ) x
    ),
    'seals', audit_private.seal_evidence(prove_sink.tenant_id, seals, parts, log_size),
    'log', audit_private.log_growth(old, log_size));
end
$$;
comment on function audit.prove_sink(text, uuid, uuid[], bigint) is
  'events that a sink of kind parquet was given, 1 to 10000 of one tenant, as they are sealed, with what proves them: leaves, '
  'seals, their paths in the log, and that the log grew from an older size; and what of them was erased. Those that are archived '
  'already come without a row. For the one role that the sink names; raises '
  'WT037, WT150 and WT160.';
grant execute on function audit.prove_sink(text, uuid, uuid[], bigint) to audit_shipper;
