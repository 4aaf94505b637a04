set local role audit_keeper;
-- Whoever keeps an archive needn't be the sink's consumer, which may be shipping all the while: its role is enough.
create or replace function audit_private.archivable_sink(name text)
returns audit_private.sink
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  known audit_private.sink;
begin
  perform audit_private.require_read_committed();
  select s.* into known
  from audit_private.sink s
  where s.sink_name = archivable_sink.name and s.role_name = audit_private.effective_role();
  if known.sink_name is null then
    perform audit_private.refuse_sink(archivable_sink.name);
  end if;
  if known.kind <> 'parquet' or not known.carries_payloads then
    perform audit_private.refuse_archive(
      'WT160', format('sink %s writes no archive', quote_literal(known.sink_name)),
      format('It is of kind %s, and carries %s.', known.kind,
        case when known.carries_payloads then 'whole events' else 'envelopes' end),
      'An archive is of kind parquet, with the option content: whole.');
  end if;
  return known;
end
$$;
comment on function audit_private.archivable_sink(text) is
  'a sink that writes an archive, for the one role that it names; raises WT037, WT150 and WT160';
