set local role audit_finder;
-- Seals that were made between two times, or that hold an event between them: each is compared with its own hash, with
-- the seal before it and with the log. When they were made isn't compared: a clock that is set back is no forgery.
create or replace function audit_private.verify_chains(tenant uuid, from_time timestamptz, until_time timestamptz)
returns setof audit_private.finding
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
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
comment on function audit_private.verify_chains(uuid, timestamptz, timestamptz) is
  'what is wrong with the seals of a time, of one tenant or all';
grant execute on function audit_private.verify_chains(uuid, timestamptz, timestamptz) to audit_owner;
