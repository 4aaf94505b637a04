-- One step of maintenance, whole and safe alone: from the day before now, so that late events have a place,
-- to as far ahead as the option says.
create or replace function audit_private.add_next_partition()
returns text
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  horizon timestamptz;
  needed timestamptz;
begin
  perform audit_private.lock_catalogue();
  select now() + o.value::integer * interval '1 week' into horizon
  from audit_private.option o
  where o.name = 'partitions_ahead_weeks';
  needed := audit_private.partitions_end(now() - interval '24 hours');
  if needed > horizon then
    perform audit_private.note_partitions_end();
    return null;
  end if;
  return audit_private.add_partition(needed);
end
$$;
comment on function audit_private.add_next_partition() is
  'makes the next partition ahead and returns its name; null when there are enough; a step of maintain_partitions';
grant execute on function audit_private.add_next_partition() to audit_operator;
