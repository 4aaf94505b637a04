-- Row types of functions whose argument tenant_id would clash with a result column of that name.
create or replace view audit_private.archive_row as
select f.tenant_id, f.sink_name as name, f.address, f.file, f.day, f.rows, f.bytes, f.sha256, f.first_at, f.last_at, f.noted_at,
  f.noted_by, false as is_expired, false as is_held, null::bigint as erased, f.removed_at, f.removed_by, f.removal
from audit_private.archived_file f
where false;
comment on view audit_private.archive_row is 'row type of audit.list_archives; holds no rows';

create or replace view audit_private.archive_page as
select f.sink_name as name, f.address, f.file, f.day, f.rows, f.sha256
from audit_private.archived_file f
where false;
comment on view audit_private.archive_page is 'row type of audit.find_archives; holds no rows';
