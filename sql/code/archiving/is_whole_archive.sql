-- What may stand in for the database: whole events, and all of them. Neither definer nor pinned, so that it becomes part of
-- the statement that asks; everything is named in full.
create or replace function audit_private.is_whole_archive(sink audit_private.sink)
returns boolean
language sql
immutable
parallel safe
as $$
  select sink.kind = 'parquet' and sink.carries_payloads and sink.filter = pg_catalog.jsonb_build_object()
$$;
comment on function audit_private.is_whole_archive(audit_private.sink) is 'whether a sink writes every event, whole, into files';
grant execute on function audit_private.is_whole_archive(audit_private.sink) to audit_keeper, audit_finder;
