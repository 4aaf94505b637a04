set local role audit_keeper;
create or replace function audit_private.known_archive(sink audit_private.sink, tenant_id uuid, file text)
returns audit_private.archived_file
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  known audit_private.archived_file;
begin
  select f.* into known
  from audit_private.archived_file f
  where f.tenant_id = known_archive.tenant_id
    and f.sink_name = (known_archive.sink).sink_name
    and f.address = (known_archive.sink).options ->> 'url'
    and f.file = known_archive.file;
  if known.file_id is null then
    perform audit_private.refuse_archive(
      'WT163', format('no file %s is noted', coalesce(quote_literal(left(known_archive.file, 200)), 'null')),
      format('Of tenant %s, by sink %s.', coalesce(known_archive.tenant_id::text, 'null'), (known_archive.sink).sink_name),
      format('select file from audit.list_archives(name => %L);', (known_archive.sink).sink_name));
  end if;
  return known;
end
$$;
comment on function audit_private.known_archive(audit_private.sink, uuid, text) is 'a noted file; raises WT163';
