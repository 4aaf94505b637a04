-- A double of seconds holds microseconds exactly until the year 2106. Like all that a leaf is made of: without a SET
-- clause and no stricter than the functions that it calls, so that it inlines.
create or replace function audit_private.microseconds(moment timestamptz)
returns bigint
language sql
stable
parallel safe
as $$
  select (pg_catalog.date_part('epoch', moment) * 1000000)::bigint
$$;
comment on function audit_private.microseconds(timestamptz) is
  'a moment as sealed entries hold it: microseconds since 1970-01-01 00:00 UTC';
grant execute on function audit_private.microseconds(timestamptz) to audit_finder, audit_keeper;
