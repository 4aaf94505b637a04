set local role audit_finder;
-- From the leaf up: through its part, whose 1023 hashes are made anew, through the roots of the parts of the seal, and
-- through the log. No payload is looked at. What was removed and imported anew is in two lists, in the older one as removed.
create or replace function audit_private.find_proof(
  tenant_id uuid,
  occurred_at timestamptz,
  id uuid,
  log_size bigint
)
returns jsonb
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
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
comment on function audit_private.find_proof(uuid, timestamptz, uuid, bigint) is
  'seal and log of a proof, as FORMAT.md lays down: that an event''s leaf is in the log of a size; null when it is not';
grant execute on function audit_private.find_proof(uuid, timestamptz, uuid, bigint) to audit_owner;
