-- Whoever wants the indexes built concurrently does that before (audit.list_upkeep); then nothing is left here.
-- A partition that an import is writing to is left for the next run rather than waited for: other imports would queue
-- behind this.
create or replace function audit_private.close_next_partition(tried text[])
returns text
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set lock_timeout = '100ms'
as $$
declare
  closable text;
begin
  select p.partition_name into closable
  from audit_private.event_partitions() p
  where p.until_time <= now() - interval '24 hours'
    and p.partition_name <> all (close_next_partition.tried)
    and exists (select from audit_private.partition_index_statements(p.partition_name, false))
    and not audit_private.is_partition_empty(p.partition_name)
  order by p.from_time desc
  limit 1;
  if closable is not null then
    perform audit.close_partition(closable);
  end if;
  return closable;
exception when lock_not_available then
  return closable;
end
$$;
comment on function audit_private.close_next_partition(text[]) is
  'closes the newest partition that is no longer written to, but those tried already, and returns its name, also when it is '
  'in use; null when there is none; a step of maintain_partitions';
grant execute on function audit_private.close_next_partition(text[]) to audit_operator;
