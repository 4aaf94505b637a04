set local role audit_keeper;
-- Decided here first, then the consumer deletes the file, so that one that is killed in between has only to delete what is
-- told to be gone. The gate is closed as for every removal: a hold that is placed meanwhile waits, and comes too late for this
-- file alone.
create or replace function audit.remove_archive(name text, tenant_id uuid, file text)
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
begin
  perform audit_private.close_gate();
  taken := audit_private.archivable_sink(remove_archive.name);
  known := audit_private.known_archive(taken, remove_archive.tenant_id, remove_archive.file);
  if known.removed_at is not null then
    return false;
  end if;
  select s.* into state
  from audit_private.archive_states(known.tenant_id, known.sink_name, false) s
  where s.file_id = known.file_id;
  if state.is_held or not state.is_expired or audit_private.is_removal_barred() then
    perform audit_private.refuse_archive(
      'WT164', format('file %s can''t go', quote_literal(known.file)),
      case
        when state.is_held then 'A legal hold may keep events in it.'
        when not state.is_expired then format('It holds events up to %s, and not all have expired.', known.last_at)
        else 'The log was restored, and nobody has accepted that yet.'
      end,
      'See is_expired and is_held in audit.list_archives, and audit.list_retention.');
  end if;
  perform audit_private.forget_archive(known, 'expired', null);
  return true;
end
$$;
comment on function audit.remove_archive(text, uuid, text) is
  'an archived file is to go, since all in it has expired and no hold keeps it; true unless that was decided before. The '
  'consumer deletes it then. For the one role that the sink names; raises WT037, WT150, WT160, WT163 and WT164.';
grant execute on function audit.remove_archive(text, uuid, text) to audit_shipper;
