set local role audit_keeper;
-- Decided here first, then the consumer deletes the file, so that one that is killed in between has only to delete what is
-- told to be gone. The gate is closed as for every removal: a hold that is placed meanwhile waits, and is there or comes too
-- late. A file that another one replaces may go at any time, once that one holds all that it holds and is left of it; of
-- events that no list names any more nobody can tell, so those go only when they have expired.
create or replace function audit.remove_archive(name text, tenant_id uuid, file text, replacement text default null)
returns boolean
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set datestyle = 'ISO, YMD'
set timezone = 'UTC'
as $$
declare
  taken audit_private.sink;
  known audit_private.archived_file;
  state record;
  new_id uuid;
begin
  perform audit_private.close_gate();
  taken := audit_private.archivable_sink(remove_archive.name);
  select f.* into known
  from audit_private.archived_file f
  where f.tenant_id = remove_archive.tenant_id and f.sink_name = taken.sink_name and f.file = remove_archive.file;
  if known.file_id is null then
    perform audit_private.refuse_archive(
      'WT163', format('no file %s is noted', coalesce(quote_literal(remove_archive.file), 'null')),
      format('Of tenant %s, by sink %s.', remove_archive.tenant_id, taken.sink_name),
      format('select file from audit.list_archives(name => %L);', taken.sink_name));
  end if;
  if known.removed_at is not null then
    return false;
  end if;
  select s.* into state
  from audit_private.archive_states(known.tenant_id, known.sink_name, false) s
  where s.file_id = known.file_id;
  select f.file_id into new_id
  from audit_private.archived_file f
  where f.tenant_id = known.tenant_id and f.sink_name = known.sink_name and f.file = remove_archive.replacement
    and f.removed_at is null and f.day = known.day and f.rows = known.rows and f.read_at > known.read_at
    and f.file_id <> known.file_id
    and not exists (
      select from audit_private.archived_part o
      left join audit_private.archived_part n
        on n.tenant_id = o.tenant_id and n.seal_number = o.seal_number and n.part = o.part and n.file_id = f.file_id
      where o.tenant_id = known.tenant_id and o.file_id = known.file_id
        and (n.places is null or o.places & ~n.places <> 0::bit(1024))
    );
  if (remove_archive.replacement is null and state.is_expired and not state.is_held or new_id is not null) is not true
    or audit_private.is_removal_barred()
  then
    perform audit_private.refuse_archive(
      'WT164', format('file %s can''t go', quote_literal(known.file)),
      case
        when remove_archive.replacement is not null then format('File %s doesn''t hold all that it holds.', remove_archive.replacement)
        when state.is_held then 'A legal hold may keep events in it.'
        when not state.is_expired then format('It holds events up to %s, and not all have expired.', known.last_at)
        else 'The log was restored, and nobody has accepted that yet.'
      end,
      'See is_expired and is_held in audit.list_archives, and audit.list_retention.');
  end if;

  update audit_private.archived_file f
  set removed_at = clock_timestamp(), removed_by = audit_private.recorded_by(),
    removal = case when new_id is null then 'expired' else 'rewritten' end
  where f.tenant_id = known.tenant_id and f.file_id = known.file_id;
  delete from audit_private.archived_part p where p.tenant_id = known.tenant_id and p.file_id = known.file_id;
  perform audit_private.write_system_event(
    tenant_id => known.tenant_id,
    action => 'archive_removed',
    entity_type => 'audit_archive',
    entity_id => known.file,
    description => format('Archived file of %s removed (%s events)', known.day, known.rows),
    metadata => jsonb_strip_nulls(jsonb_build_object(
      'sink', known.sink_name, 'file', known.file, 'day', known.day, 'rows', known.rows, 'sha256', known.sha256,
      'replacement', remove_archive.replacement)));
  return true;
end
$$;
comment on function audit.remove_archive(text, uuid, text, text) is
  'an archived file is to go, since all in it has expired and no hold keeps it, or another file replaces it; true unless it was '
  'to go already. The consumer deletes it then. For the one role that the sink names; raises WT037, WT150, WT151, WT160, WT163 '
  'and WT164.';
grant execute on function audit.remove_archive(text, uuid, text, text) to audit_shipper;
