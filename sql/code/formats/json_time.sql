-- JSON's way of writing a time follows no setting of the session's; ::text follows datestyle. Like all of the formats:
-- invoker, nothing pinned and every name in full, so that it inlines into the reading query.
create or replace function audit_private.json_time(moment timestamptz)
returns text
language sql
stable
parallel safe
as $$
  select pg_catalog.rtrim(pg_catalog.to_json(moment at time zone interval '0')::text, '"') || 'Z"'
$$;
comment on function audit_private.json_time(timestamptz) is 'a moment as RFC 3339 in UTC, in quotation marks';
grant execute on function audit_private.json_time(timestamptz) to audit_keeper;
