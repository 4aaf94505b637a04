set local role audit_finder;
-- Seals that were made between two times, or that hold an event between them: each is compared with its own hash, with
-- the seal before it and with the log.
create or replace function audit_private.verify_chains(tenant uuid, from_time timestamptz, until_time timestamptz)
returns setof audit_private.finding
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
  with checked as materialized (
    select s as seal, p as before, n.hash as logged
    from audit_private.seal s
    left join audit_private.seal p on p.tenant_id = s.tenant_id and p.seal_number = s.seal_number - 1
    left join audit_private.tree_node n on n.level = 0 and n.position = s.log_index
    where (verify_chains.tenant is null or s.tenant_id = verify_chains.tenant)
      and (
        s.sealed_at >= verify_chains.from_time and s.sealed_at < verify_chains.until_time
        or s.last_at >= verify_chains.from_time and s.first_at < verify_chains.until_time
      )
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
      ('broken_chain', (c.seal).running_count <> (c.before).running_count + (c.seal).event_count,
        'the running count does not add up'),
      ('reordered', (c.seal).log_index <= (c.before).log_index or (c.seal).sealed_at < (c.before).sealed_at,
        'it stands in the log before the seal that it follows')
  ) as f (kind, is_found, detail)
  where f.is_found
$$;
comment on function audit_private.verify_chains(uuid, timestamptz, timestamptz) is
  'what is wrong with the seals of a time, of one tenant or all';
grant execute on function audit_private.verify_chains(uuid, timestamptz, timestamptz) to audit_owner;
