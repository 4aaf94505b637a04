-- Keeps later pages to what the first page could see, so that a commit in between neither shifts a
-- row nor slips in behind the place. A number that this server hasn't reached belongs to an earlier
-- life of the database, before a restore: it was there from the start.
create or replace function audit_private.seen_condition(seen text)
returns text
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
set datestyle = 'ISO, YMD'
as $$
declare
  first_page constant jsonb := seen_condition.seen;
begin
  return format(
    'case
      when e.transaction_id = %1$s then e.recorded_at <= %2$L::timestamptz
      when e.transaction_id < %3$s then e.transaction_id <> all (%4$L::bigint[])
      else e.transaction_id <> coalesce((select i.transaction_offset + pg_current_xact_id_if_assigned()::text::bigint from audit_private.instance i), 0)
        and e.transaction_id >= (select i.transaction_offset + pg_snapshot_xmax(pg_current_snapshot())::text::bigint from audit_private.instance i)
    end',
    (first_page ->> 'own')::bigint,
    timestamptz '1970-01-01 00:00:00+00' + (first_page ->> 'at')::bigint * interval '1 microsecond',
    (first_page ->> 'end')::bigint,
    translate(first_page ->> 'running', '[] ', '{}')::bigint[]);
end
$$;
comment on function audit_private.seen_condition(text) is
  'a condition on audit_private.event e: the first page of a cursor could see it';
