-- A page is what a client holds at once. The first page that an access session asks for is the event of the download.
create or replace function audit.read_export(
  export_id uuid,
  after_chunk integer default 0,
  tenant_id uuid default null
)
returns table (chunk integer, content bytea, digest text)
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  chunks_a_page constant integer := 2;
  tenant uuid;
  session audit_private.access_session;
  wanted audit_private.export;
  state text;
begin
  tenant := audit_private.require_tenant(read_export.tenant_id);
  session := audit_private.require_access(tenant);
  wanted := audit_private.find_export(tenant, read_export.export_id);
  state := audit_private.export_state(wanted);
  if state = 'expired' then
    raise exception using
      errcode = 'WT124',
      message = format('export %s has expired', wanted.export_id),
      detail = format('It could be read until %s.', wanted.expires_at),
      hint = 'Ask for it anew with audit.request_export.';
  elsif state <> 'completed' or wanted.is_straight or wanted.process_id is not null then
    raise exception using
      errcode = 'WT123',
      message = format('export %s can''t be read', wanted.export_id),
      detail = case when wanted.is_straight then 'It was streamed to a client and is not kept.'
        when wanted.process_id is not null and state = 'completed' then 'It was written into a file and is not kept.'
        else format('It is %s%s.', state, coalesce(': ' || wanted.error, '')) end,
      hint = case when state in ('pending', 'running')
        then 'The job run_exports writes it: select * from audit.list_exports(); tells how far it is.'
        else 'Ask for it anew with audit.request_export.' end;
  end if;

  if coalesce(read_export.after_chunk, 0) <= 0 or session.access_id <> all (wanted.access_ids) then
    update audit_private.export x
    set access_ids = array_append(array_remove(x.access_ids, session.access_id), session.access_id)
    where x.tenant_id = tenant and x.export_id = wanted.export_id;
    perform audit_private.write_export_event(
      wanted, 'downloaded', 'Downloaded an export of the log', session, jsonb_build_object(
        'read_number', nextval('audit_private.read_number'), 'rows', wanted.rows, 'bytes', wanted.bytes,
        'digest', wanted.digest));
  end if;
  return query
  select c.number, c.content, c.digest
  from audit_private.export_chunk c
  where c.tenant_id = tenant
    and c.export_id = wanted.export_id
    and c.number > coalesce(read_export.after_chunk, 0)
  order by c.number
  limit chunks_a_page;
  perform audit_private.release_tenant();
end
$$;
comment on function audit.read_export(uuid, integer, uuid) is
  'The next few chunks of a completed export; after_chunk => the last one that you have reads on, no row is the end. '
  'Needs an open access session; each download is logged. Raises WT030, WT031, WT032, WT035, WT036, WT121, WT122, WT123 '
  'and WT124.';
grant execute on function audit.read_export(uuid, integer, uuid)
  to audit_reader, audit_admin, audit_privacy, audit_auditor;
