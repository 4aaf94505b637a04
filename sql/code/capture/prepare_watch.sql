-- All of watch but the triggers, which take the rights of the table's owner. Alone it changes what is captured of a
-- watched table, and so asks for everything that watch does.
--
-- The catalogue's lock comes first, as everywhere: two that watch one table at once follow each other. Watching
-- again needs a reason where it records less.
create or replace function audit_private.prepare_watch(
  relation regclass,
  entity_type text,
  tenant_column text,
  label_column text,
  columns text[],
  redact_columns text[],
  ignore_columns text[],
  category text,
  level text,
  on_error text,
  keep_deleted_values boolean,
  reason text
)
returns boolean
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  known audit_private.watched_table;
  watched audit_private.watched_table;
  checked_reason text;
  body text;
  settings text;
  is_less boolean;
begin
  perform audit_private.lock_catalogue();
  select w.* into known from audit_private.watched_table w where w.entity_type = prepare_watch.entity_type;
  watched.entity_type := prepare_watch.entity_type;
  watched.tenant_column := prepare_watch.tenant_column;
  watched.label_column := prepare_watch.label_column;
  watched.allowed_columns := prepare_watch.columns;
  watched.redact_columns := coalesce(prepare_watch.redact_columns, '{}');
  watched.ignore_columns := coalesce(prepare_watch.ignore_columns, '{}');
  watched.level := prepare_watch.level;
  watched.on_error := prepare_watch.on_error;
  watched.keep_deleted_values := coalesce(
    prepare_watch.keep_deleted_values, not audit_private.is_under_data_retention(prepare_watch.relation));
  watched.watched_by := audit_private.recorded_by();
  select c.relnamespace::regnamespace::text, c.relname into watched.schema_name, watched.table_name
  from pg_class c where c.oid = prepare_watch.relation;
  select coalesce(array_agg(a.attname::text order by a.attnum), '{}'), coalesce(array_agg(a.attnum order by a.attnum), '{}'),
    min(a.attnum) filter (where a.attname = watched.tenant_column)
  into watched.known_columns, watched.known_numbers, watched.tenant_column_number
  from pg_attribute a
  where a.attrelid = prepare_watch.relation and a.attnum > 0 and not a.attisdropped;
  perform audit_private.check_watch(watched, prepare_watch.relation);

  is_less := known.unwatched_at is null and (
    not watched.redact_columns <@ known.redact_columns
    or not watched.ignore_columns <@ known.ignore_columns
    or watched.allowed_columns is not null
      and not coalesce(known.allowed_columns, known.known_columns) <@ watched.allowed_columns
    or watched.on_error = 'spool' and known.on_error = 'refuse'
    or known.keep_deleted_values and not watched.keep_deleted_values);
  if is_less or prepare_watch.reason is not null then
    checked_reason := audit_private.check_reason(prepare_watch.reason);
  end if;
  perform audit_private.define_captured(watched.entity_type, prepare_watch.category);

  body := audit_private.capture_function(watched, prepare_watch.relation);
  settings := audit_private.printing_settings(prepare_watch.relation, watched.label_column);
  perform audit_private.create_capture_function(watched.entity_type, settings, body);
  watched.function_digest := audit_private.capture_digest(watched.entity_type);
  watched.watched_at := clock_timestamp();
  if (to_jsonb(known) - '{watched_at,watched_by}'::text[]) = (to_jsonb(watched) - '{watched_at,watched_by}'::text[]) then
    return false;
  end if;
  delete from audit_private.watched_table w where w.entity_type = watched.entity_type;
  insert into audit_private.watched_table select (watched).*;
  perform audit_private.write_system_event(
    tenant_id => '00000000-0000-0000-0000-000000000000',
    action => 'table_watched',
    entity_type => 'audit_watch',
    entity_id => watched.entity_type,
    description => format('Table %s.%s watched as %s', watched.schema_name, watched.table_name, watched.entity_type),
    metadata => jsonb_strip_nulls(jsonb_build_object('reason', checked_reason)),
    changes => (
      select jsonb_object_agg(n.key, jsonb_build_object('old', o.value, 'new', n.value))
      from jsonb_each(to_jsonb(watched)) n
      left join jsonb_each(to_jsonb(known)) o using (key)
      where n.value is distinct from coalesce(o.value, 'null') and n.key not in ('watched_at', 'watched_by', 'entity_type')
    ));
  return true;
end
$$;
comment on function audit_private.prepare_watch(
  regclass, text, text, text, text[], text[], text[], text, text, text, boolean, text
) is 'checks and notes how a table is watched, and makes its trigger function; true when that changed anything';
grant execute on function audit_private.prepare_watch(
  regclass, text, text, text, text[], text[], text[], text, text, text, boolean, text
) to audit_operator;
