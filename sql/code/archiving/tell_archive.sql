set local role audit_keeper;
-- Each file makes an event, which is archived as well. So that this comes to an end, a file of nothing but such events makes
-- none: the next event tells of it.
create or replace function audit_private.tell_archive(noted audit_private.archived_file)
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if noted.actions <@ array['events_archived'] then
    return;
  end if;
  perform audit_private.write_system_event(
    tenant_id => noted.tenant_id,
    action => 'events_archived',
    entity_type => 'audit_archive',
    entity_id => noted.file,
    description => format('%s events of %s archived by sink %s', noted.rows, noted.day, noted.sink_name),
    metadata => jsonb_build_object(
      'sink', noted.sink_name, 'address', noted.address, 'file', noted.file, 'day', noted.day, 'rows', noted.rows,
      'bytes', noted.bytes,
      'sha256', noted.sha256)
      || jsonb_strip_nulls(jsonb_build_object('others', (
        select jsonb_agg(jsonb_build_object('file', f.file, 'sha256', f.sha256) order by f.noted_at, f.file)
        from audit_private.archived_file f
        where f.tenant_id = noted.tenant_id and f.sink_name = noted.sink_name and f.address = noted.address
          and f.file_id <> noted.file_id
          and not f.is_told and f.removed_at is null
      ))));
  update audit_private.archived_file f
  set is_told = true
  where f.tenant_id = noted.tenant_id and f.sink_name = noted.sink_name and f.address = noted.address and not f.is_told;
end
$$;
comment on function audit_private.tell_archive(audit_private.archived_file) is
  'logs that a file was archived, and others that no event tells of yet, so that their hashes are sealed';
