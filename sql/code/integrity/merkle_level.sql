-- A node without a partner goes up as it is: RFC 6962 divides a list at the largest power of two below its length, so the
-- root of a part of 1024 leaves is a node of the tree of the whole list. On packed bytes, since an array of byteas has to
-- be walked to reach a member.
create or replace function audit_private.merkle_level(nodes bytea)
returns bytea
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(string_agg(sha256('\x01'::bytea || substr(nodes, place * 64 + 1, 64)), ''), '')
    || substr(nodes, octet_length(nodes) / 64 * 64 + 1)
  from generate_series(0, octet_length(nodes) / 64 - 1) as place
$$;
comment on function audit_private.merkle_level(bytea) is
  'the level of the tree of RFC 6962 above nodes, 32 bytes each one behind the other';
grant execute on function audit_private.merkle_level(bytea) to audit_finder;
