set local role audit_keeper;
-- Which events stood in it stays known: purges that took them early are verified by that.
create or replace function audit_private.forget_archive(known audit_private.archived_file, removal text, replacement text)
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  update audit_private.archived_file f
  set removed_at = clock_timestamp(), removed_by = audit_private.recorded_by(), removal = forget_archive.removal
  where f.tenant_id = known.tenant_id and f.file_id = known.file_id;
  perform audit_private.write_system_event(
    tenant_id => known.tenant_id,
    action => 'archive_removed',
    entity_type => 'audit_archive',
    entity_id => known.file,
    description => format('Archived file of %s removed (%s events, %s)', known.day, known.rows, forget_archive.removal),
    metadata => jsonb_strip_nulls(jsonb_build_object(
      'sink', known.sink_name, 'address', known.address, 'file', known.file, 'day', known.day, 'rows', known.rows,
      'sha256', known.sha256,
      'replacement', forget_archive.replacement)));
end
$$;
comment on function audit_private.forget_archive(audit_private.archived_file, text, text) is
  'notes that a file is to go, and logs that';
