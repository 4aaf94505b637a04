-- SUBPROOF(m, D[n], b) of RFC 6962, 2.1.2. The tree of the old size is left out of the proof as long as it is a whole
-- left part, since whoever verifies has its root.
create or replace function audit_private.log_consistency(old_size bigint, new_size bigint)
returns bytea[]
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
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
comment on function audit_private.log_consistency(bigint, bigint) is
  'proof that the log of a size is a beginning of the log of a later size';
grant execute on function audit_private.log_consistency(bigint, bigint) to audit_finder;
