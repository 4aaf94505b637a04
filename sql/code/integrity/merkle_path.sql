create or replace function audit_private.merkle_path(leaves bytea, index integer)
returns bytea[]
language plpgsql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  nodes bytea := merkle_path.leaves;
  width integer := octet_length(nodes) / 32;
  place integer := merkle_path.index;
  path bytea[] := '{}';
begin
  while width > 1 loop
    if (place # 1) < width then
      path := path || substr(nodes, (place # 1) * 32 + 1, 32);
    end if;
    nodes := (
      select string_agg(sha256('\x01'::bytea || substr(nodes, p * 64 + 1, 64)), '')
      from generate_series(0, width / 2 - 1) as p
    ) || case when width % 2 = 1 then substr(nodes, width * 32 - 31, 32) else '' end;
    width := (width + 1) / 2;
    place := place / 2;
  end loop;
  return path;
end
$$;
comment on function audit_private.merkle_path(bytea, integer) is
  'inclusion proof (RFC 6962, 2.1.1) of one of leaf hashes, by its place from 0';
grant execute on function audit_private.merkle_path(bytea, integer) to audit_finder;
