-- A page and its total are one read of a person, and a statement that names the view twice is one
-- too. What was read last stands in the session's row, which callers can't write; an undone read
-- takes its mark back with it.
create or replace function audit_private.has_just_read(
  session audit_private.access_session,
  route text,
  filter jsonb,
  is_same_statement boolean
)
returns boolean
language sql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select exists (
    select from audit_private.access_session s
    where s.tenant_id = (has_just_read.session).tenant_id
      and s.access_id = (has_just_read.session).access_id
      and s.last_read_in = pg_current_xact_id_if_assigned()
      and s.last_read = concat_ws(' ', has_just_read.route, has_just_read.filter)
      and (s.last_read_at = statement_timestamp() or not has_just_read.is_same_statement)
  )
$$;
comment on function audit_private.has_just_read(audit_private.access_session, text, jsonb, boolean) is
  'whether the session''s last read was this one, in this transaction (and statement)';
