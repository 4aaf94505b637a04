-- Writes the statement and leaves running it to somebody who has read it. A row is undone only where its
-- columns still hold what was set, so that a later change isn't undone with it. What the log never held can't be brought back,
-- and stands in a comment, on one line whatever its name.
create or replace function audit.revert_sql(event_id uuid, tenant_id uuid default null)
returns text
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
set standard_conforming_strings = on
as $$
declare
  event constant audit.event := audit.get_event(revert_sql.event_id, revert_sql.tenant_id);
  relation constant regclass := audit_private.watched_relation(event.entity_type);
  key constant text[] := audit_private.key_columns(relation);
  kind constant text := case
    when event.metadata ? 'moved_to' then 'moved'
    when event.metadata ? 'moved_from' then 'arrived'
    else substr(event.action, length(event.entity_type) + 2) end;
  key_values text[];
  place text;
  partner jsonb;
  watched audit_private.watched_table;
  parts record;
begin
  if event.source <> 'captured' then
    perform audit_private.refuse_revert(event.id, 'It is no captured change of a row.', 'Only events with source captured can be.');
  elsif event.description is null then
    perform audit_private.refuse_revert(event.id, 'Its values have been erased.', 'Write the statement by hand.');
  elsif relation is null or key is null then
    perform audit_private.refuse_revert(event.id, 'Its table is gone, or has no key any more.', 'Restore the table first.');
  elsif kind in ('truncated', 'arrived') or kind = 'moved' and event.metadata #>> '{moved_to,entity_id}' is null then
    perform audit_private.refuse_revert(event.id,
      case kind
        when 'truncated' then 'The rows of a truncated table are not in this event.'
        when 'arrived' then 'It tells where a row came to; what it was before is told in the event of where it left.'
        else 'Where the row went to is another tenant''s business, or one of several.' end,
      case kind
        when 'truncated' then 'audit.get_row_at() shows each row as it stood before.'
        else format('select id from audit.search_events(%L);',
          jsonb_build_object('action', event.action, 'from', event.occurred_at, 'to', event.occurred_at + interval '1 second')) end);
  end if;

  select w.* into watched from audit_private.watched_table w where w.entity_type = event.entity_type;
  place := case kind when 'moved' then event.metadata #>> '{moved_to,entity_id}' else event.entity_id end;
  if place ~ '^sha256:' then
    perform audit_private.refuse_revert(event.id, 'The key is too long to stand in the log.', 'Write the statement by hand.');
  end if;
  key_values := case when cardinality(key) = 1 then array[place] else array(select jsonb_array_elements_text(place::jsonb)) end;
  select string_agg(format('%I = %L', k.name, k.value), ' and ') into place
  from unnest(key, key_values) as k (name, value);

  if kind = 'moved' then
    perform audit_private.require_tenant(revert_sql.tenant_id);
    select c.target into partner
    from audit_private.row_changes(event.tenant_id, event.entity_type, event.metadata #>> '{moved_to,entity_id}') c
    where c.transaction_id = event.transaction_id and c.occurred_at = event.occurred_at and c.is_start;
    perform audit_private.release_tenant();
  end if;

  select
    string_agg(format('%I', c.name), ', ' order by c.place) filter (where c.is_kept) as names,
    string_agg(c.literal, ', ' order by c.place) filter (where c.is_kept) as literals,
    string_agg(format('%I = %s', c.name, c.literal), ', ' order by c.place) filter (where c.is_kept and c.is_other) as settings,
    string_agg(
      format(case when c.is_exact then ' and %I is not distinct from %s' else ' and %I::text is not distinct from (%s)::%s::text' end,
        c.name, c.set_literal, c.type),
      '' order by c.place) filter (where c.is_kept) as guards,
    string_agg(format(E'-- column %s: its value is not in the log, or the column is gone\n', translate(quote_ident(c.name), E'\n\r', '  ')), '' order by c.name)
      filter (where not c.is_kept) as lost
  into parts
  from (
    select v.key as name, a.attnum as place, k.is_exact, format_type(a.atttypid, a.atttypmod) as type,
      a.attname is not null and not (
        audit_private.is_withheld(v.value)
        and (a.atttypid <> 'jsonb'::regtype or v.key = any (watched.redact_columns) or v.key <> all (watched.known_columns)
          or v.value ->> 'withheld' = 'too large')
      ) as is_kept,
      kind <> 'moved' or (partner -> v.key)::text is distinct from v.value::text as is_other,
      audit_private.value_literal(case kind when 'updated' then v.value -> 'old' else v.value end, relation, v.key) as literal,
      audit_private.value_literal(
        case kind when 'updated' then v.value -> 'new' when 'moved' then partner -> v.key else v.value end, relation, v.key)
        as set_literal
    from jsonb_each(coalesce(event.changes, event.target)) v
    left join pg_attribute a on a.attrelid = relation and a.attname = v.key and a.attnum > 0 and not a.attisdropped
    left join lateral audit_private.column_kind(a.atttypid, a.attcollation) k on true
    where coalesce(a.attgenerated, '') = ''
  ) c;
  if kind <> 'created' and parts.names is null then
    perform audit_private.refuse_revert(event.id, 'No value of what it changed is in the log.', 'Redacted values are kept nowhere.');
  end if;

  return case kind when 'created' then '' else coalesce(parts.lost, '') end || case kind
    when 'created' then format('delete from %s where %s%s;', relation, place, parts.guards)
    when 'deleted' then format('insert into %s (%s) overriding system value values (%s);', relation, parts.names, parts.literals)
    else format('update %s set %s where %s%s;', relation, parts.settings, place, parts.guards)
  end;
end
$$;
comment on function audit.revert_sql(uuid, uuid) is
  'a statement that undoes one captured change, to be read before it is run; needs an open access session, and is '
  'logged. Raises WT044 and WT092.';
grant execute on function audit.revert_sql(uuid, uuid) to audit_reader, audit_admin, audit_privacy, audit_auditor;
