set local role audit_finder;
-- The tree over all seals: no hole and no end other than the last run of seal_events left, each node made of those below
-- it, and each tenant's last seal still there: an attacker who cuts all of them off leaves that to an outside checkpoint.
create or replace function audit_private.verify_log()
returns setof audit_private.finding
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
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
comment on function audit_private.verify_log() is 'what is wrong with the tree over all seals';
grant execute on function audit_private.verify_log() to audit_owner;
