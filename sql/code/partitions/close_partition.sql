-- Indexes that would slow each write while the partition is hot. Each build holds back late events
-- and imports into this partition until it ends, and nobody else; a runner that may not do that
-- executes audit_private.partition_index_statements concurrently instead.
create or replace function audit.close_partition(partition text)
returns integer
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set standard_conforming_strings = on
as $$
declare
  known record;
  statement text;
  made integer := 0;
begin
  select p.partition_name, p.until_time into known
  from audit_private.event_partitions() p
  where p.partition_name = close_partition.partition;
  if not found then
    raise exception using
      errcode = 'WT016',
      message = format('there is no partition %s', coalesce(quote_ident(close_partition.partition), 'null')),
      detail = 'Partitions are named without their schema.',
      hint = 'See: select * from audit.list_partitions();';
  end if;
  if known.until_time > now() - interval '24 hours' then
    raise exception using
      errcode = 'WT085',
      message = format('partition %I is still written to', known.partition_name),
      detail = format('It takes events until %s.', known.until_time + interval '24 hours'),
      hint = 'Close it after that time.';
  end if;

  for statement in
    select s.statement
    from audit_private.partition_index_statements(known.partition_name, false) as s (statement)
  loop
    execute statement;
    made := made + (statement like 'create %')::integer;
  end loop;
  if made > 0 then
    execute format('analyze audit_private.%I', known.partition_name);
  end if;
  return made;
end
$$;
comment on function audit.close_partition(text) is
  'Makes the indexes of a partition that is no longer written to and returns how many it made; 0 when it had them. '
  'Raises WT016 and WT085.';
grant execute on function audit.close_partition(text) to audit_operator;
