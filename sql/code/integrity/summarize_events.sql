-- BRIN knows nothing of pages written since the last vacuum, and each run would read them all. Vacuum holds the same lock
-- and does the same, so it isn't waited for. A partition may be dropped meanwhile.
create or replace function audit_private.summarize_events()
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '100ms'
as $$
begin
  perform brin_summarize_new_values(x.indexrelid)
  from audit_private.event_partitions() p
  join pg_class c on c.relnamespace = 'audit_private'::regnamespace and c.relname = p.partition_name
  join pg_index x on x.indrelid = c.oid
  join pg_class i on i.oid = x.indexrelid
  join pg_am m on m.oid = i.relam
  where m.amname = 'brin' and clock_timestamp() between p.from_time and p.until_time + interval '1 day';
exception when lock_not_available or undefined_table or undefined_object then
  null;
end
$$;
comment on function audit_private.summarize_events() is
  'brings the index of transaction numbers up to date for the partitions that are written to; a step of seal_events';
grant execute on function audit_private.summarize_events() to audit_operator;
