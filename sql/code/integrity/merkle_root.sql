-- Level by level. RFC 6962 divides a list at the largest power of two below its length, so a node without a partner goes
-- up as it is, and the root of a part of 1024 leaves is a node of the tree of the whole list. On packed bytes, since an
-- array of byteas has to be walked to reach a member.
create or replace function audit_private.merkle_root(leaves bytea)
returns bytea
language plpgsql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  nodes bytea := merkle_root.leaves;
  width integer := coalesce(octet_length(nodes) / 32, 0);
begin
  if width = 0 then
    return sha256('');
  end if;
  while width > 1 loop
    nodes := (
      select string_agg(sha256('\x01'::bytea || substr(nodes, place * 64 + 1, 64)), '')
      from generate_series(0, width / 2 - 1) as place
    ) || case when width % 2 = 1 then substr(nodes, width * 32 - 31, 32) else '' end;
    width := (width + 1) / 2;
  end loop;
  return nodes;
end
$$;
comment on function audit_private.merkle_root(bytea) is
  'root of the tree of RFC 6962 over leaf hashes, 32 bytes each one behind the other';
grant execute on function audit_private.merkle_root(bytea) to audit_finder;
