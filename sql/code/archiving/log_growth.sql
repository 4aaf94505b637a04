set local role audit_finder;
create or replace function audit_private.log_growth(old_size bigint, new_size bigint)
returns jsonb
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select jsonb_build_object(
    'origin', audit_private.log_origin(s.epoch),
    'size', log_growth.new_size,
    'root', encode(audit_private.log_hash(0, log_growth.new_size), 'hex'),
    'old_size', log_growth.old_size,
    'old_root', encode(audit_private.log_hash(0, log_growth.old_size), 'hex'),
    'proof', (
      select coalesce(jsonb_agg(encode(p.hash, 'hex') order by p.place), '[]')
      from unnest(audit_private.log_consistency(log_growth.old_size, log_growth.new_size)) with ordinality as p (hash, place)
    ))
  from audit_private.sealing s
$$;
comment on function audit_private.log_growth(bigint, bigint) is
  'root of the log at a size and an earlier one, and the proof that the one grew from the other';
grant execute on function audit_private.log_growth(bigint, bigint) to audit_keeper;
