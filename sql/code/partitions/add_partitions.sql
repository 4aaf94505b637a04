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
  end loop;
  return added;
end
$$;
comment on function audit_private.add_partitions(timestamptz[]) is
  'makes the partitions that these moments of the past need; returns how many';
grant execute on function audit_private.add_partitions(timestamptz[]) to audit_writer;
