-- Every captured event of one entity, and of its whole table being emptied, in the order in which they were made: the
-- sequence, since clocks may jump. Keys from the finder, rows behind the tenant wall, as in search_events. Without a
-- description its values were erased, and what the view shows as target is no row.
create or replace function audit_private.row_changes(tenant_id uuid, entity_type text, entity_id text)
returns table (sequence bigint, transaction_id bigint, occurred_at timestamptz, is_start boolean, is_end boolean, target jsonb, changes jsonb)
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
set datestyle = 'ISO, YMD'
as $$
declare
  condition constant text := format(
    'e.source = ''captured'' and (e.entity_type = %1$L and e.entity_id = %2$L or e.action = %3$L)',
    row_changes.entity_type, row_changes.entity_id, audit_private.capture_action(row_changes.entity_type, 'TRUNCATE'));
  span record;
  times timestamptz[];
  ids uuid[];
begin
  for span in select w.* from audit_private.event_windows(null, null) w loop
    select array_agg(f.occurred_at), array_agg(f.id) into times, ids
    from audit_private.find_events(
      row_changes.tenant_id, condition, span.window_from, span.window_until, null, null, 2147483647) f;
    continue when ids is null;
    return query execute format(
      'select e.sequence, e.transaction_id, e.occurred_at,
        e.action = %1$L or coalesce(e.metadata ? ''moved_from'', false),
        e.action in (%2$L, %3$L) or coalesce(e.metadata ? ''moved_to'', false),
        case when e.action <> %3$L and e.description is not null then e.target end, e.changes
      from unnest($1, $2) as k (occurred_at, id)
      join audit_private.readable_event e
        on e.tenant_id = %4$L::uuid and e.occurred_at = k.occurred_at and e.id = k.id
      where e.occurred_at between %5$L::timestamptz and %6$L::timestamptz',
      audit_private.capture_action(row_changes.entity_type, 'INSERT'),
      audit_private.capture_action(row_changes.entity_type, 'DELETE'),
      audit_private.capture_action(row_changes.entity_type, 'TRUNCATE'),
      row_changes.tenant_id, times[cardinality(times)], times[1])
    using times, ids;
  end loop;
end
$$;
comment on function audit_private.row_changes(uuid, text, text) is
  'what was captured of one row: where its lives begin and end, with snapshots, and the changes between';
