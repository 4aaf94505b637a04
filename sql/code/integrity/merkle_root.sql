create or replace function audit_private.merkle_root(leaves bytea)
returns bytea
language plpgsql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  nodes bytea := nullif(merkle_root.leaves, '');
begin
  while octet_length(nodes) > 32 loop
    nodes := audit_private.merkle_level(nodes);
  end loop;
  return coalesce(nodes, sha256(''));
end
$$;
comment on function audit_private.merkle_root(bytea) is
  'root of the tree of RFC 6962 over leaf hashes, 32 bytes each one behind the other';
grant execute on function audit_private.merkle_root(bytea) to audit_finder;
