-- Whoever reports on a person must find everything, so every value of every event is looked at, index
-- or not; only the tenant's own events are, behind its wall. As in text_condition, the plain output of
-- the columns is asked first, since most events don't hold the person at all.
-- "actor" and "target" are equality,
-- "mentioned" is the text anywhere, all without regard to case.
create or replace function audit.report_subject(
  identifiers text[],
  with_actors boolean default false,
  tenant_id uuid default null
)
returns setof audit_private.event_relation
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
  subject record;
  span record;
  found_now bigint;
  found_in_all bigint := 0;
begin
  tenant := audit_private.require_tenant(report_subject.tenant_id);
  session := audit_private.require_access(tenant);
  subject := audit_private.read_identifiers(report_subject.identifiers);

  for span in select w.* from audit_private.event_windows(null, null) w loop
    return query execute format(
      'select f.relations, e.tenant_id, e.occurred_at, e.id, e.recorded_at, e.sequence, e.transaction_id, e.source,
        e.category, e.action, e.entity_type, e.entity_id, e.actor_type,
        case when f.is_open then e.actor_id end, case when f.is_open then e.actor end,
        e.description, e.target, e.changes, e.metadata, e.outcome, e.error_message,
        case when f.is_open then e.ip end, case when f.is_open then e.user_agent end,
        e.request_id, e.recorded_by
      from (
        select e.occurred_at, e.id, r.relations, $3 or ''actor'' = any (r.relations) as is_open
        from audit_private.event e
        cross join lateral (
          select array_remove(array[
            case when lower(e.actor_id) = any ($1) then ''actor'' end,
            case when lower(e.entity_id) = any ($1) or exists (
              select
              from jsonb_path_query(
                e.target, ''strict $.** ? (@.type() == "string" || @.type() == "number")'') as v (value)
              where lower(v.value #>> ''{}'') = any ($1)
            ) then ''target'' end,
            case when audit_private.search_text_v1(
              concat_ws(E''\n'', e.description, e.error_message, e.user_agent, e.request_id, host(e.ip)),
              e.actor, jsonb_build_array(e.target, e.changes), e.metadata
            ) ilike any ($2) then ''mentioned'' end
          ], null) as relations
        ) r
        where e.tenant_id = %1$L::uuid
          and e.occurred_at >= %2$L::timestamptz
          and e.occurred_at < %3$L::timestamptz
          and (not $4 or coalesce(concat_ws(
            E''\n'', e.actor_id, e.entity_id, e.description, e.error_message, e.user_agent, e.request_id,
            host(e.ip), e.actor, e.target, e.changes, e.metadata) ilike any ($2), false))
          and r.relations <> ''{}''
      ) f
      join audit_private.readable_event e
        on e.tenant_id = %1$L::uuid and e.occurred_at = f.occurred_at and e.id = f.id
      where e.occurred_at >= %2$L::timestamptz and e.occurred_at < %3$L::timestamptz
      order by e.occurred_at desc, e.id desc',
      tenant, span.window_from, span.window_until)
    using subject.names, subject.patterns, coalesce(report_subject.with_actors, false), subject.is_plain;
    get diagnostics found_now = row_count;
    found_in_all := found_in_all + found_now;
  end loop;

  perform audit_private.record_read(
    session => session,
    route => 'report',
    filter => jsonb_build_object(
      'identifiers', report_subject.identifiers, 'with_actors', coalesce(report_subject.with_actors, false)),
    rows => found_in_all
  );
  perform audit_private.release_tenant();
end
$$;
comment on function audit.report_subject(text[], boolean, uuid) is
  'Every event in which a person is actor or target or is mentioned, newest first. Where the person isn''t the '
  'actor, actor_id, actor, ip and user_agent are null unless with_actors. Needs an open access session, and is logged. '
  'Raises WT040 for identifiers under 3 characters.';
grant execute on function audit.report_subject(text[], boolean, uuid) to audit_privacy, audit_admin;
