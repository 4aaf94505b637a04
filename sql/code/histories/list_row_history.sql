-- A search like any other, so that paging, the wall and the event of the reading are the same.
create or replace function audit.list_row_history(
  relation regclass,
  entity_id text,
  page_size integer default 100,
  after text default null,
  tenant_id uuid default null
)
returns setof audit_private.event_page
language sql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select e.*
  from audit.search_events(
    filter => jsonb_build_object(
      'entity_type', audit_private.require_watched(list_row_history.relation),
      'entity_id', audit_private.captured_entity_id(list_row_history.entity_id),
      'source', 'captured'),
    page_size => list_row_history.page_size,
    after => list_row_history.after,
    tenant_id => list_row_history.tenant_id) e
$$;
comment on function audit.list_row_history(regclass, text, integer, text, uuid) is
  'who changed a row when, and what, newest first, a page at a time as audit.search_events; the id of a composite key '
  'is the JSON array of its values as texts. Needs an open access session, and is logged. Raises WT091, and what '
  'audit.search_events raises.';
grant execute on function audit.list_row_history(regclass, text, integer, text, uuid)
  to audit_reader, audit_admin, audit_privacy, audit_auditor;

create or replace function audit.list_row_history(
  relation regclass,
  entity_id uuid,
  page_size integer default 100,
  after text default null,
  tenant_id uuid default null
)
returns setof audit_private.event_page
language sql
volatile
parallel unsafe
as $$
  select * from audit.list_row_history(relation, entity_id::text, page_size, after, tenant_id)
$$;
comment on function audit.list_row_history(regclass, uuid, integer, text, uuid) is 'the same for a key of type uuid';
grant execute on function audit.list_row_history(regclass, uuid, integer, text, uuid)
  to audit_reader, audit_admin, audit_privacy, audit_auditor;

create or replace function audit.list_row_history(
  relation regclass,
  entity_id bigint,
  page_size integer default 100,
  after text default null,
  tenant_id uuid default null
)
returns setof audit_private.event_page
language sql
volatile
parallel unsafe
as $$
  select * from audit.list_row_history(relation, entity_id::text, page_size, after, tenant_id)
$$;
comment on function audit.list_row_history(regclass, bigint, integer, text, uuid) is 'the same for a key of an integer type';
grant execute on function audit.list_row_history(regclass, bigint, integer, text, uuid)
  to audit_reader, audit_admin, audit_privacy, audit_auditor;
