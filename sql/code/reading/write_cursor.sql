-- A cursor holds a place and what the first page could see. The digest ties it to its tenant and
-- filter and finds damage; it keeps no secret, since a cursor grants nothing.
-- Without a SET clause, so that it inlines: each row of a page has one.
create or replace function audit_private.write_cursor(
  scope text,
  seen text,
  occurred_at timestamptz,
  id uuid
)
returns text
language sql
immutable
parallel safe
security invoker
as $$
  select pg_catalog.translate(
    pg_catalog.encode(
      pg_catalog.convert_to(
        pg_catalog.format(
          '{"version":1,"place":%s,"seen":%s,"digest":"%s"}',
          p.place, seen, pg_catalog.md5(scope || p.place || seen)),
        'UTF8'),
      'base64'),
    E'+/=\n', '-_')
  from (
    select pg_catalog.format(
      '[%s,"%s"]', (pg_catalog.date_part('epoch', occurred_at) * 1000000)::bigint, id) as place
  ) p
$$;
comment on function audit_private.write_cursor(text, text, timestamptz, uuid) is
  'the cursor of one row: its place and what the first page saw';
