-- Of a batch that may hold anything. One bad time fails the whole cast, and only then each is tried by itself.
create or replace function audit_private.batch_times(events jsonb)
returns timestamptz[]
language plpgsql
stable
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set datestyle = 'ISO, YMD'
as $$
declare
  given text;
  times timestamptz[];
begin
  begin
    return array(
      select distinct (e.value ->> 'occurred_at')::timestamptz
      from jsonb_array_elements(batch_times.events) as e (value)
      where e.value ? 'occurred_at'
    );
  exception when data_exception then
    for given in
      select distinct e.value ->> 'occurred_at' from jsonb_array_elements(batch_times.events) as e (value)
    loop
      begin
        times := times || given::timestamptz;
      exception when data_exception then
        continue;
      end;
    end loop;
    return times;
  end;
end
$$;
comment on function audit_private.batch_times(jsonb) is 'the times in a batch, without those that are none';
