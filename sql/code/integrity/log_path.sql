-- PATH(m, D[n]) of RFC 6962, 2.1.1, from the leaf up.
create or replace function audit_private.log_path(index bigint, size bigint)
returns bytea[]
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  from_index bigint := 0;
  until_index bigint := size;
  middle bigint;
  path bytea[] := '{}';
begin
  while until_index - from_index > 1 loop
    middle := from_index + (1::bigint << audit_private.log_level(until_index - from_index - 1));
    if index < middle then
      path := audit_private.log_hash(middle, until_index) || path;
      until_index := middle;
    else
      path := audit_private.log_hash(from_index, middle) || path;
      from_index := middle;
    end if;
  end loop;
  return path;
end
$$;
comment on function audit_private.log_path(bigint, bigint) is
  'inclusion proof of the seal at a place, from 0, in the log as it was with so many seals';
grant execute on function audit_private.log_path(bigint, bigint) to audit_finder;
