-- The primary key, else the index that is the table's replica identity.
create or replace function audit_private.key_columns(relation regclass)
returns text[]
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select array(
    select a.attname::text
    from unnest(x.indkey) with ordinality as k (number, place)
    join pg_attribute a on a.attrelid = x.indrelid and a.attnum = k.number
    where k.place <= x.indnkeyatts
    order by k.place
  )
  from pg_index x
  where x.indrelid = key_columns.relation and (x.indisprimary or x.indisreplident) and x.indisvalid
  order by x.indisprimary desc
  limit 1
$$;
comment on function audit_private.key_columns(regclass) is 'what tells a table''s rows apart; null without a key';
grant execute on function audit_private.key_columns(regclass) to audit_writer;
