-- Counting right after a search with the same filter, in its transaction, is part of that page and
-- adds no event.
create or replace function audit.count_events(
  filter jsonb default '{}',
  up_to integer default 10000,
  tenant_id uuid default null,
  out count bigint,
  out is_exact boolean
)
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
  tenant uuid;
  session audit_private.access_session;
  asked constant jsonb := coalesce(count_events.filter, '{}');
  bounds record;
  span record;
begin
  tenant := audit_private.require_tenant(count_events.tenant_id);
  session := audit_private.require_access(tenant);
  if count_events.up_to between 1 and 10000000 is not true then
    raise exception using
      errcode = 'WT042',
      message = 'up_to is a number from 1 to 10000000',
      detail = format('It is %s.', coalesce(count_events.up_to::text, 'null')),
      hint = 'Counting stops there, and is_exact tells whether it did.';
  end if;

  perform audit_private.filter_condition(asked);
  bounds := audit_private.filter_bounds(asked);
  count := 0;
  for span in select w.* from audit_private.event_windows(bounds.from_time, bounds.until_time) w loop
    count := count + audit_private.count_found_events(
      tenant,
      audit_private.filter_condition(
        asked,
        audit_private.prefers_text_index(
          asked, span.window_from, span.window_until, count_events.up_to + 1 - count)),
      span.window_from, span.window_until, count_events.up_to + 1 - count);
    exit when count > count_events.up_to;
  end loop;
  is_exact := count <= count_events.up_to;
  count := least(count, count_events.up_to);

  if not audit_private.has_just_read(session, 'search', asked, false) then
    perform audit_private.record_read(
      session => session,
      route => 'count',
      filter => asked,
      rows => count
    );
  end if;
  perform audit_private.release_tenant();
end
$$;
comment on function audit.count_events(jsonb, integer, uuid) is
  'How many events a filter finds, counted up to a bound; is_exact is false when there are more. '
  'Needs an open access session; logged unless it follows a search with the same filter in one transaction.';
grant execute on function audit.count_events(jsonb, integer, uuid)
  to audit_reader, audit_admin, audit_privacy, audit_auditor;
