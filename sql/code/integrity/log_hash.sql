-- A whole subtree is stored; anything else divides at the largest power of two below its size, as RFC 6962 does, so that
-- no more than two nodes of a level are read.
create or replace function audit_private.log_hash(from_index bigint, until_index bigint)
returns bytea
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  size constant bigint := until_index - from_index;
  middle bigint;
begin
  if size = 0 then
    return sha256('');
  end if;
  if 1::bigint << audit_private.log_level(size) = size and from_index % size = 0 then
    return (
      select n.hash from audit_private.tree_node n
      where n.level = audit_private.log_level(size) and n.position = from_index / size
    );
  end if;
  middle := from_index + (1::bigint << audit_private.log_level(size - 1));
  return sha256(
    '\x01'::bytea || audit_private.log_hash(from_index, middle) || audit_private.log_hash(middle, until_index));
end
$$;
comment on function audit_private.log_hash(bigint, bigint) is
  'root of the tree over the seals of the log from one place until before another; null where nodes are missing';
grant execute on function audit_private.log_hash(bigint, bigint) to audit_finder;
