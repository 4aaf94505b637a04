-- Partition by partition, newest first: an actor first met in an older partition was last seen earlier
-- than everyone met before, so the walk ends with the hundredth. Actors that don't match are
-- remembered as well, since an older snapshot of theirs must not stand for them.
create or replace function audit.list_actors(search text default null, tenant_id uuid default null)
returns table (actor_type text, actor_id text, actor jsonb, last_seen_at timestamptz, events bigint)
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
set standard_conforming_strings = on
set datestyle = 'ISO, YMD'
as $$
declare
  most constant integer := 100;
  counted_at_most constant bigint := 1000000;
  tenant uuid;
  session audit_private.access_session;
  pattern text;
  partition record;
  span record;
  met text[] := '{}';
  newly_met text[];
  newly_found jsonb;
  found_actors jsonb := '[]';
  counts jsonb := '{}';
  counted bigint := 0;
  listed bigint;
begin
  tenant := audit_private.require_tenant(list_actors.tenant_id);
  session := audit_private.require_access(tenant);
  if list_actors.search is not null then
    pattern := audit_private.search_pattern('search', to_jsonb(list_actors.search));
  end if;

  for partition in
    select p.from_time, p.until_time, p.is_closed
    from audit_private.event_partitions() p
    where p.from_time <= clock_timestamp() + interval '5 minutes'
    order by p.from_time desc
  loop
    select array_agg(f.actor_id),
      jsonb_agg(to_jsonb(f) order by f.occurred_at desc, f.id desc) filter (where f.is_match)
    into newly_met, newly_found
    from audit_private.find_actors(tenant, partition.from_time, partition.until_time, partition.is_closed, pattern) f
    where f.actor_id <> all (met);
    met := met || newly_met;
    found_actors := found_actors || coalesce(newly_found, '[]');
    exit when jsonb_array_length(found_actors) >= most;
  end loop;
  found_actors := jsonb_path_query_array(found_actors, '$[0 to 99]');
  met := array(select f.value ->> 'actor_id' from jsonb_array_elements(found_actors) as f (value));

  for span in select w.* from audit_private.event_windows(null, null) w loop
    exit when met = '{}' or counted >= counted_at_most;
    select counts || coalesce(
        jsonb_object_agg(c.actor_id, coalesce((counts ->> c.actor_id)::bigint, 0) + c.events), '{}'),
      counted + coalesce(sum(c.events), 0)
    into counts, counted
    from audit_private.count_actor_events(
      tenant, met, span.window_from, span.window_until, counted_at_most - counted) c;
  end loop;

  return query execute format(
    'select e.actor_type, e.actor_id, e.actor, e.occurred_at, coalesce(($2 ->> e.actor_id)::bigint, 0)
    from jsonb_to_recordset($1) as k (occurred_at timestamptz, id uuid)
    join audit_private.event e
      on e.tenant_id = %L::uuid and e.occurred_at = k.occurred_at and e.id = k.id
    where e.occurred_at between %L::timestamptz and %L::timestamptz
    order by e.occurred_at desc, e.id desc',
    tenant, found_actors -> -1 ->> 'occurred_at', found_actors -> 0 ->> 'occurred_at')
  using found_actors, counts;
  get diagnostics listed = row_count;
  perform audit_private.record_read(
    session => session,
    route => 'actors',
    filter => case when list_actors.search is null then '{}' else jsonb_build_object('search', list_actors.search) end,
    rows => listed
  );
  perform audit_private.release_tenant();
end
$$;
comment on function audit.list_actors(text, uuid) is
  'The tenant''s actors by id, last seen first, at most 100, with their newest snapshot, found by text in id or '
  'snapshot; events counts up to a million in all. Needs an open access session, and is logged.';
grant execute on function audit.list_actors(text, uuid)
  to audit_reader, audit_admin, audit_privacy, audit_auditor;
