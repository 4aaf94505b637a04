-- Rows leave through the wall as in search, and with them what proves them. What has not been sealed, or only in a larger
-- log than asked for, comes without a proof.
create or replace function audit.prove_events(
  event_ids uuid[],
  tree_size bigint default null,
  tenant_id uuid default null
)
returns table (event_id uuid, proof jsonb)
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
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
$$;
comment on function audit.prove_events(uuid[], bigint, uuid) is
  'What proves events of the tenant, 1 to 1000 at a time, in a log of a size, or in all of it: one object each, as FORMAT.md '
  'lays down; null for what is not sealed in it. Needs an open access session, and is logged. '
  'Raises WT030, WT031, WT032, WT035, WT036 and WT132.';
grant execute on function audit.prove_events(uuid[], bigint, uuid)
  to audit_reader, audit_admin, audit_privacy, audit_auditor;
