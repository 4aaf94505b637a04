create or replace function audit_private.merkle_path(leaves bytea, index integer)
returns bytea[]
language plpgsql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  nodes bytea := merkle_path.leaves;
  place integer := merkle_path.index;
  path bytea[] := '{}';
begin
  while octet_length(nodes) > 32 loop
    if (place # 1) * 32 < octet_length(nodes) then
      path := path || substr(nodes, (place # 1) * 32 + 1, 32);
    end if;
    nodes := audit_private.merkle_level(nodes);
    place := place / 2;
  end loop;
  return path;
end
$$;
comment on function audit_private.merkle_path(bytea, integer) is
  'inclusion proof (RFC 6962, 2.1.1) of one of leaf hashes, by its place from 0';
grant execute on function audit_private.merkle_path(bytea, integer) to audit_finder;
