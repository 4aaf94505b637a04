create or replace function audit_private.add_partitions(moments timestamptz[])
returns integer
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  moment timestamptz;
  added integer := 0;
begin
  if cardinality(add_partitions.moments) = 0 then
    return 0;
  end if;
  for moment in
    select distinct on (date_trunc('day', m.moment, 'UTC')) m.moment
    from unnest(add_partitions.moments) as m (moment)
    where m.moment between timestamptz 'epoch' and now() + interval '1 day'
      and not exists (
        select from audit_private.event_partitions() p
        where m.moment >= p.from_time and m.moment < p.until_time
      )
  loop
    added := added + (audit_private.add_partition(moment) is not null)::integer;
    if added > 520 then
      raise exception using
        errcode = 'WT016',
        message = 'one import can''t make more than 520 partitions',
        detail = 'Its events lie too far apart.',
        hint = 'Import fewer events at a time, oldest first; or an operator sets the option partition_width to month.';
    end if;
  end loop;
  return added;
end
$$;
comment on function audit_private.add_partitions(timestamptz[]) is
  'makes the partitions that these moments of the past need; returns how many';
grant execute on function audit_private.add_partitions(timestamptz[]) to audit_writer;
