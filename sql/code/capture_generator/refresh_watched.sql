set local role audit_writer;
-- While a table's columns differ from those it was watched with. The tenant's column keeps its number when it is
-- renamed; without it nobody knows whose row it is, so the write is refused. A label that is gone is done without.
create or replace function audit_private.refresh_watched(watched audit_private.watched_table, relation regclass)
returns audit_private.watched_table
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if watched.tenant_column is not null then
    select a.attname into watched.tenant_column
    from pg_attribute a
    where a.attrelid = refresh_watched.relation and not a.attisdropped and a.attnum > 0
      and (
        a.attname = watched.tenant_column
        or a.attnum = watched.tenant_column_number and a.attname <> all (watched.known_columns)
          and a.atttypid = 'uuid'::regtype
      )
    order by a.attname = watched.tenant_column desc
    limit 1;
    if not found then
      perform audit_private.refuse_capture(
        null, null, watched.entity_type, format('of table %s', refresh_watched.relation));
    end if;
  end if;
  select coalesce(array_agg(k.name), '{}') into watched.known_columns
  from unnest(watched.known_columns, watched.known_numbers) as k (name, number)
  join pg_attribute a on a.attrelid = refresh_watched.relation and a.attnum = k.number and a.attname = k.name
    and not a.attisdropped;
  if watched.label_column <> all (watched.known_columns) then
    watched.label_column := null;
  end if;
  if audit_private.key_columns(refresh_watched.relation) is null then
    perform audit_private.refuse_watch(
      format('%s has no key any more', refresh_watched.relation),
      'It is watched, and a change is told of a row, which its key names in the log.',
      format('alter table %s add primary key (…);', refresh_watched.relation));
  end if;
  if audit_private.key_columns(refresh_watched.relation) && watched.redact_columns then
    perform audit_private.refuse_watch(
      format('the key of %s is a redacted column now', refresh_watched.relation),
      'The key is stored with every event, so the change could not be logged.',
      'Give the table another key, or watch it again with other redact_columns.');
  end if;
  return watched;
end
$$;
comment on function audit_private.refresh_watched(audit_private.watched_table, regclass) is
  'what is known of a watched table, with the columns that it still has';
