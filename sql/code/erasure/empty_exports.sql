-- An export holds what is erased when one of its events is erased, or when its content, its filter or the holds in its
-- condition name the person: events that have been purged since are in it too. It ends as failed and is emptied, also one
-- that runs straight to a client or into a file: finish_export tells who writes it. What has left the database and is
-- complete is out of reach.
create or replace function audit_private.empty_exports(
  tenant_id uuid,
  erasure_id uuid,
  names text[] default '{}',
  patterns text[] default '{}'
)
returns bigint
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  known audit_private.export;
  is_filter_named boolean;
  is_written boolean;
  is_live boolean;
  emptied bigint := 0;
begin
  for known in
    select x.*
    from audit_private.export x
    where x.tenant_id = empty_exports.tenant_id
      and (
        empty_exports.patterns <> '{}'
        or x.state = 'running'
        or exists (select from audit_private.export_chunk c where c.tenant_id = x.tenant_id and c.export_id = x.export_id)
      )
    order by x.export_id
    for no key update
  loop
    is_filter_named := audit_private.is_naming(known.filter, empty_exports.names, empty_exports.patterns);
    is_written := exists (
      select from audit_private.export_chunk c where c.tenant_id = known.tenant_id and c.export_id = known.export_id);
    is_live := audit_private.export_state(known) in ('pending', 'running')
      or audit_private.export_state(known) = 'completed' and not known.is_straight and known.process_id is null;
    if not is_filter_named and not coalesce(known.condition ilike any (empty_exports.patterns), false) then
      continue when known.state <> 'running' and not is_written;
      continue when not audit_private.holds_pending(
          known.tenant_id, empty_exports.erasure_id,
          coalesce(known.condition, audit_private.export_condition(known.resolved_filter)))
        and not exists (
          select
          from audit_private.export_chunk c
          where c.tenant_id = known.tenant_id
            and c.export_id = known.export_id
            and convert_from(c.content, 'UTF8') ilike any (empty_exports.patterns)
        );
    end if;
    delete from audit_private.export_chunk c
    where c.tenant_id = known.tenant_id and c.export_id = known.export_id;
    update audit_private.export x
    set state = case when is_live then 'failed' else x.state end,
      error = case when is_live then 'an event was erased; request it again' else x.error end,
      finished_at = coalesce(x.finished_at, clock_timestamp()),
      condition = null,
      filter = case when is_filter_named then '{"erased": true}' else x.filter end,
      resolved_filter = case when is_filter_named then '{"erased": true}' else x.resolved_filter end
    where x.tenant_id = known.tenant_id and x.export_id = known.export_id
    returning * into known;
    continue when not is_live;
    emptied := emptied + 1;
    perform audit_private.write_export_event(
      known, 'failed', 'An export of the log was ended by an erasure', null,
      jsonb_build_object('rows', known.rows, 'error', known.error));
  end loop;
  return emptied;
end
$$;
comment on function audit_private.empty_exports(uuid, uuid, text[], text[]) is
  'ends and empties the exports that hold what an erasure erases; returns how many';
