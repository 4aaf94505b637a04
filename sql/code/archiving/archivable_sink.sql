set local role audit_keeper;
create or replace function audit_private.archivable_sink(name text)
returns audit_private.sink
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  taken constant audit_private.sink := audit_private.take_sink(archivable_sink.name);
begin
  if taken.kind <> 'parquet' or not taken.carries_payloads then
    perform audit_private.refuse_archive(
      'WT160', format('sink %s writes no archive', quote_literal(taken.sink_name)),
      format('It is of kind %s, and carries %s.', taken.kind,
        case when taken.carries_payloads then 'whole events' else 'envelopes' end),
      'An archive is of kind parquet, with the option content: whole.');
  end if;
  return taken;
end
$$;
comment on function audit_private.archivable_sink(text) is
  'the sink, for its one consumer, where it writes an archive; raises WT037, WT150, WT151 and WT160';
