-- By time and action alone, which is what is known of a file; newest first, as search reads. Nothing of an event leaves here.
create or replace function audit.find_archives(filter jsonb default '{}', tenant_id uuid default null)
returns setof audit_private.archive_page
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  tenant constant uuid := audit_private.require_tenant(find_archives.tenant_id);
  asked constant jsonb := coalesce(find_archives.filter, '{}');
  bounds record;
begin
  perform audit_private.filter_condition(asked);
  bounds := audit_private.filter_bounds(asked);
  return query
  select f.sink_name, f.address, f.file, f.day, f.rows, f.sha256
  from audit_private.archived_file f
  where f.tenant_id = tenant
    and f.removed_at is null
    and (bounds.from_time is null or f.last_at >= bounds.from_time)
    and (bounds.until_time is null or f.first_at < bounds.until_time)
    and (not asked ? 'action' or f.actions && audit_private.filter_values(asked, 'action', false))
  order by f.day desc, f.file desc;
  perform audit_private.release_tenant();
end
$$;
comment on function audit.find_archives(jsonb, uuid) is
  'archived files of the tenant that may hold what a filter finds, newest first, with their hashes; their rows go to '
  'audit.search_archive. Raises WT040.';
grant execute on function audit.find_archives(jsonb, uuid) to audit_reader, audit_admin, audit_privacy, audit_auditor;
