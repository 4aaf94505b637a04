-- Whoever has the file can read it; here its rows meet what a search would have met: session, tenant, filter, expiry and
-- erasure, and the read is an event. A chunk of which nothing matches adds no event to that of the first one, since nothing
-- is shown of it.
--
-- What was erased after it was archived is left out before the filter is asked, so that nothing is found by it either.
create or replace function audit.search_archive(
  filter jsonb,
  events jsonb,
  is_continued boolean default false,
  tenant_id uuid default null
)
returns setof audit.event
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
  asked constant jsonb := coalesce(search_archive.filter, '{}');
  found_rows bigint;
begin
  tenant := audit_private.require_tenant(search_archive.tenant_id);
  session := audit_private.require_access(tenant);
  if jsonb_typeof(search_archive.events) is distinct from 'array' or jsonb_array_length(search_archive.events) > 10000 then
    perform audit_private.refuse_archive(
      'WT160', 'these are no rows of an archive',
      format('%s was given.', coalesce(jsonb_typeof(search_archive.events), 'null')),
      'Give an array of at most 10000 objects, with the columns of an archived file.');
  end if;
  return query execute format(
    'with given as (
      select distinct on (r.id) r.*
      from jsonb_to_recordset($1) as r (
        tenant_id uuid, occurred_at timestamptz, id uuid, recorded_at timestamptz, sequence bigint, transaction_id bigint,
        source text, action text, entity_type text, entity_id text, actor_type text, actor_id text, actor text,
        description text, target text, changes text, metadata text, outcome text, error_message text, ip inet,
        user_agent text, request_id text, recorded_by text
      )
      where r.tenant_id = %1$L::uuid
      order by r.id
    ),
    masked as (
      select g.tenant_id, g.occurred_at, g.id, g.recorded_at, g.sequence, g.transaction_id, g.source, a.category, g.action,
        g.entity_type,
        case when not x.entity_id then g.entity_id end as entity_id,
        g.actor_type,
        case when not x.actor_id then g.actor_id end as actor_id,
        case when not x.payload then g.actor::jsonb end as actor,
        case when not x.payload then g.description end as description,
        case when not x.payload then g.target::jsonb end as target,
        case when not x.payload then g.changes::jsonb end as changes,
        case when not x.payload then g.metadata::jsonb end as metadata,
        g.outcome,
        case when not x.payload then g.error_message end as error_message,
        case when not x.payload then g.ip end as ip,
        case when not x.payload then g.user_agent end as user_agent,
        case when not x.payload then g.request_id end as request_id,
        g.recorded_by
      from given g
      left join audit_private.action a on a.action = g.action
      cross join lateral (
        select coalesce(bool_or(''actor_id'' = any (y.groups)), false) as actor_id,
          coalesce(bool_or(''entity_id'' = any (y.groups)), false) as entity_id,
          coalesce(bool_or(''payload'' = any (y.groups)), false) as payload
        from audit_private.erased_event y
        where y.tenant_id = g.tenant_id and y.event_id = g.id and y.occurred_at = g.occurred_at
      ) x
    )
    select e.tenant_id, e.occurred_at, e.id, e.recorded_at, e.sequence, e.transaction_id, e.source, e.category, e.action,
      e.entity_type, e.entity_id, e.actor_type, e.actor_id, e.actor, e.description,
      coalesce(e.target, jsonb_build_object(''type'', e.entity_type, ''id'', e.entity_id)), e.changes, e.metadata, e.outcome,
      e.error_message, e.ip, e.user_agent, e.request_id, e.recorded_by
    from masked e
    where (%2$s) and (%3$s)
    order by e.occurred_at desc, e.id desc',
    tenant, audit_private.retained_condition(tenant), audit_private.filter_condition(asked))
  using search_archive.events;
  get diagnostics found_rows = row_count;
  if found_rows > 0 or not coalesce(search_archive.is_continued, false) then
    perform audit_private.record_read(
      session => session,
      route => 'archive',
      filter => asked,
      rows => found_rows,
      is_continued => coalesce(search_archive.is_continued, false)
    );
  end if;
  perform audit_private.release_tenant();
end
$$;
comment on function audit.search_archive(jsonb, jsonb, boolean, uuid) is
  'Those of rows of an archived file that a filter finds, newest first, as a search would show them: without what has expired '
  'or was erased since. Needs an open access session, and is logged. Raises WT030, WT031, WT032, WT035, WT036, WT040 and WT160.';
grant execute on function audit.search_archive(jsonb, jsonb, boolean, uuid)
  to audit_reader, audit_admin, audit_privacy, audit_auditor;
