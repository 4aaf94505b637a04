-- A day in a filter is resolved now, in the time zone of who asks: the job runs in another.
create or replace function audit_private.store_export(
  session audit_private.access_session,
  filter jsonb,
  format text,
  is_straight boolean
)
returns audit_private.export
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  asked constant jsonb := coalesce(store_export.filter, '{}');
  resolved jsonb;
  stored audit_private.export;
begin
  perform audit_private.check_format(store_export.format);
  perform audit_private.filter_condition(asked);
  resolved := asked || jsonb_strip_nulls(jsonb_build_object(
    'from', audit_private.filter_time(asked, 'from'), 'to', audit_private.filter_time(asked, 'to')));
  insert into audit_private.export (
    tenant_id, is_straight, format, filter, resolved_filter, state, started_at, incarnation, requested_by, actor_id,
    actor_type, access_id
  )
  values (
    (store_export.session).tenant_id, store_export.is_straight, store_export.format, asked, resolved,
    case when store_export.is_straight then 'running' else 'pending' end,
    case when store_export.is_straight then clock_timestamp() end,
    case when store_export.is_straight then audit_private.current_incarnation() end,
    audit_private.recorded_by(), (store_export.session).actor_id, (store_export.session).actor_type,
    (store_export.session).access_id
  )
  returning * into stored;
  perform audit_private.write_export_event(
    stored, 'requested', pg_catalog.format('Asked for an export of the log (%s)', stored.format), store_export.session);
  return stored;
end
$$;
comment on function audit_private.store_export(audit_private.access_session, jsonb, text, boolean) is
  'notes and logs that an export was asked for; raises WT040 and WT120';
