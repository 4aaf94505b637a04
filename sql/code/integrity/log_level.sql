-- Counting bits, since a logarithm of a bigint is a double, and rounds.
create or replace function audit_private.log_level(size bigint)
returns integer
language sql
immutable
parallel safe
as $$
  select pg_catalog.length(pg_catalog.ltrim((size::bit(64))::text, '0')) - 1
$$;
comment on function audit_private.log_level(bigint) is 'level of the largest whole tree with at most so many leaves';
grant execute on function audit_private.log_level(bigint) to audit_owner, audit_finder;
