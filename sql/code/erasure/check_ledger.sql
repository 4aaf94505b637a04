-- To be asked after a restore, with the ledger of the newest checkpoint that was kept elsewhere. An event that isn't there is
-- no matter of erasure. A hold of the ledger that was released since is nothing to mend when it is missing. Of policies those
-- count that are younger than all that the tenant has here: older ones may have been cancelled or replaced by right.
create or replace function audit.check_ledger(entries jsonb)
returns table (kind text, tenant_id uuid, id text, problem text, remedy text)
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
as $$
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
comment on function audit.check_ledger(jsonb) is
  'what the database doesn''t reflect of a ledger that was kept elsewhere, as after an older backup was restored, and what '
  'mends it; no row when all is well; for audit_operator and audit_auditor; raises WT141';
grant execute on function audit.check_ledger(jsonb) to audit_operator, audit_auditor;
