-- Part of the wall around the events: asked once a statement, and enough for all but expired events.
create or replace function audit_private.readable_since()
returns timestamptz
language sql
stable
parallel restricted
security definer
set search_path = pg_catalog, pg_temp
as $$
  select audit_private.retention_cutoff(audit_private.visible_tenant())
$$;
comment on function audit_private.readable_since() is 'the visible tenant''s events from this time on haven''t expired';
grant execute on function audit_private.readable_since()
  to audit_reader, audit_admin, audit_privacy, audit_auditor;
