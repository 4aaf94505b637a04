set local role audit_finder;
-- As find_proof, for many events at once: of parts that are asked for all leaves, of the others the root, which together give
-- the root of the seal's tree.
create or replace function audit_private.seal_evidence(
  tenant_id uuid,
  seal_numbers bigint[],
  parts integer[],
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
  select coalesce(jsonb_agg(
    jsonb_build_object(
      'entry', audit_private.seal_entry(s),
      'index', s.log_index,
      'path', (
        select coalesce(jsonb_agg(encode(h.hash, 'hex') order by h.place), '[]')
        from unnest(audit_private.log_path(s.log_index, seal_evidence.log_size)) with ordinality as h (hash, place)
      ),
      'parts', (
        select jsonb_agg(
          case
            when exists (
              select from unnest(seal_evidence.seal_numbers, seal_evidence.parts) as w (seal_number, part)
              where w.seal_number = p.seal_number and w.part = p.part
            )
            then jsonb_build_object('leaves', translate(encode(p.leaves, 'base64'), E'\n', ''))
            else jsonb_build_object('root', encode(p.root, 'hex'))
          end order by p.part)
        from audit_private.seal_part p
        where p.tenant_id = s.tenant_id and p.seal_number = s.seal_number
      ))
    order by s.log_index), '[]')
  from audit_private.seal s
  where s.tenant_id = seal_evidence.tenant_id
    and s.seal_number = any (seal_evidence.seal_numbers)
    and s.log_index < seal_evidence.log_size
$$;
comment on function audit_private.seal_evidence(uuid, bigint[], integer[], bigint) is
  'seals of a tenant with the leaves of parts of their lists, and what leads from there to the root of the log of a size';
grant execute on function audit_private.seal_evidence(uuid, bigint[], integer[], bigint) to audit_keeper;
