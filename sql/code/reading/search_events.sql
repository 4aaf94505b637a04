-- Keys first, window by window, from the finder; then their rows behind the tenant wall; the event of
-- the reading last, so that a page never shows it. Rows are joined by key with bounds as constants, so
-- that both questions plan few partitions. Without jit: compiling takes longer than such a query.
create or replace function audit.search_events(
  filter jsonb default '{}',
  page_size integer default 100,
  after text default null,
  tenant_id uuid default null
)
returns setof audit_private.event_page
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
set datestyle = 'ISO, YMD'
as $$
declare
  tenant uuid;
  session audit_private.access_session;
  asked constant jsonb := coalesce(search_events.filter, '{}');
  seen_condition text := 'true';
  bounds record;
  scope text;
  place record;
  seen text;
  span record;
  times timestamptz[];
  ids uuid[];
  wanted integer := search_events.page_size;
begin
  tenant := audit_private.require_tenant(search_events.tenant_id);
  session := audit_private.require_access(tenant);
  if search_events.page_size between 1 and 1000 is not true then
    raise exception using
      errcode = 'WT042',
      message = 'page_size is a number from 1 to 1000',
      detail = format('It is %s.', coalesce(search_events.page_size::text, 'null')),
      hint = 'Read on with after => the cursor column of the page''s last row.';
  end if;

  perform audit_private.filter_condition(asked);
  bounds := audit_private.filter_bounds(asked);
  scope := audit_private.filter_scope(tenant, asked);
  if search_events.after is null then
    seen := audit_private.current_view();
    select null::timestamptz as occurred_at, null::uuid as id into place;
  else
    select c.occurred_at, c.id, c.seen into place
    from audit_private.read_cursor(search_events.after, scope) c;
    seen := place.seen;
    seen_condition := audit_private.seen_condition(seen);
    bounds.until_time := least(bounds.until_time, place.occurred_at + interval '1 microsecond');
  end if;

  for span in select w.* from audit_private.event_windows(bounds.from_time, bounds.until_time) w loop
    select array_agg(f.occurred_at), array_agg(f.id) into times, ids
    from audit_private.find_events(
      tenant,
      format('(%s) and (%s)',
        audit_private.filter_condition(
          asked, audit_private.prefers_text_index(asked, span.window_from, span.window_until, wanted)),
        seen_condition),
      span.window_from, span.window_until, place.occurred_at, place.id, wanted) f;
    continue when ids is null;
    return query execute format(
      'select e.*, audit_private.write_cursor($1, $2, e.occurred_at, e.id)
      from unnest($3, $4) as k (occurred_at, id)
      join audit_private.readable_event e
        on e.tenant_id = %L::uuid and e.occurred_at = k.occurred_at and e.id = k.id
      where e.occurred_at between %L::timestamptz and %L::timestamptz
      order by e.occurred_at desc, e.id desc',
      tenant, times[cardinality(times)], times[1])
    using scope, seen, times, ids;
    wanted := wanted - cardinality(ids);
    exit when wanted = 0;
  end loop;

  perform audit_private.record_read(
    session => session,
    route => 'search',
    filter => asked,
    rows => search_events.page_size - wanted,
    page_size => search_events.page_size,
    is_continued => search_events.after is not null
  );
  perform audit_private.release_tenant();
end
$$;
comment on function audit.search_events(jsonb, integer, text, uuid) is
  'One page of the events that a filter finds, newest first, 1 to 1000 rows; after => the cursor of a '
  'page''s last row reads on, within what the first page saw. Needs an open access session, and is logged. '
  'Raises WT030, WT031, WT032, WT035, WT036, WT040, WT041 and WT042.';
grant execute on function audit.search_events(jsonb, integer, text, uuid)
  to audit_reader, audit_admin, audit_privacy, audit_auditor;
