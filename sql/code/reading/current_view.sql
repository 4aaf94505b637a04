-- What can be seen just now, in the numbers that events are stored under: transactions below "end"
-- that aren't "running", and the transaction's own events recorded by "at".
create or replace function audit_private.current_view()
returns text
language sql
volatile
parallel unsafe
security invoker
set search_path = pg_catalog, pg_temp
as $$
  select jsonb_build_object(
    'at', (extract(epoch from clock_timestamp()) * 1000000)::bigint,
    'end', i.transaction_offset + pg_snapshot_xmax(s.snapshot)::text::bigint,
    'own', i.transaction_offset + txid_current(),
    'running', to_jsonb(array(
      select i.transaction_offset + x.number::text::bigint
      from pg_snapshot_xip(s.snapshot) as x (number)
    ))
  )::text
  from audit_private.instance i
  cross join pg_current_snapshot() as s (snapshot)
$$;
comment on function audit_private.current_view() is 'the current snapshot as JSON, for a cursor';
