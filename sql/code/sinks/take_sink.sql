set local role audit_keeper;
-- Each call of a consumer begins here. A sink has one consumer: the server process that read it first, for as long as it
-- lives and was heard of in the last quarter of an hour. Process numbers come round, hence the time; one that takes longer to
-- deliver than that finds its place taken, and is told when it acknowledges. A definition that changes just now is
-- waited for, but not for long: another consumer may read in a transaction that takes as long as delivering does.
create or replace function audit_private.take_sink(name text)
returns audit_private.sink
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '2s'
as $$
declare
  taken audit_private.sink;
begin
  perform audit_private.require_writable();
  perform audit_private.require_read_committed();
  begin
    select s.* into taken
    from audit_private.sink s
    where s.sink_name = take_sink.name and s.role_name = audit_private.effective_role()
    for no key update;
  exception when lock_not_available then
    perform audit_private.refuse_consumer(take_sink.name, null);
  end;
  if taken.sink_name is null then
    perform audit_private.refuse_sink(take_sink.name);
  end if;
  if taken.process_id <> pg_backend_pid()
    and taken.seen_at > clock_timestamp() - interval '15 minutes'
    and exists (
      select
      from pg_stat_activity a
      join pg_database d on d.oid = a.datid and d.datname = current_database()
      where a.pid = taken.process_id
    )
  then
    perform audit_private.refuse_consumer(take_sink.name, taken.process_id);
  end if;
  update audit_private.sink s
  set process_id = pg_backend_pid(), seen_at = clock_timestamp()
  where s.sink_name = taken.sink_name;
  return taken;
end
$$;
comment on function audit_private.take_sink(text) is
  'the sink, locked, for its one consumer, as it was before the call; raises WT037, WT150 and WT151';
