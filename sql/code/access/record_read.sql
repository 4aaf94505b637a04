-- Called after the rows were found, so that a page never shows the event of its own reading.
-- The number comes from a sequence, which no rollback turns back: a number that no event holds is a
-- read that was undone.
create or replace function audit_private.record_read(
  session audit_private.access_session,
  route text,
  filter jsonb,
  rows bigint,
  page_size integer default null,
  is_continued boolean default null,
  statement text default null
)
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform audit_private.write_system_event(
    tenant_id => (record_read.session).tenant_id,
    action => 'audit_log_viewed',
    entity_type => 'audit_log',
    entity_id => null,
    description => format('Read the log (%s)', record_read.route),
    metadata => jsonb_build_object(
      'access_id', (record_read.session).access_id,
      'access_reason', (record_read.session).access_reason,
      'justification', (record_read.session).justification,
      'read_number', nextval('audit_private.read_number'),
      'route', record_read.route
    )
      || case when record_read.filter is null then '{}'
        else jsonb_build_object('filter', record_read.filter) end
      || jsonb_strip_nulls(jsonb_build_object(
        'rows', record_read.rows,
        'page_size', record_read.page_size,
        'is_continued', record_read.is_continued,
        'statement', record_read.statement
      ))
  );
  update audit_private.access_session s
  set last_read_in = pg_current_xact_id(),
    last_read_at = statement_timestamp(),
    last_read = concat_ws(' ', record_read.route, record_read.filter)
  where s.tenant_id = (record_read.session).tenant_id
    and s.access_id = (record_read.session).access_id
    and s.ctid = (
      select l.ctid
      from audit_private.access_session l
      where l.tenant_id = (record_read.session).tenant_id
        and l.access_id = (record_read.session).access_id
      for no key update skip locked
    );
end
$$;
comment on function audit_private.record_read(audit_private.access_session, text, jsonb, bigint, integer, boolean, text) is
  'writes the event audit_log_viewed of one read, with the next number of the reads';
