-- Only ISO 8601, so that no DateStyle can turn a month into a day. A bare date stands for the whole
-- day in the session's time zone: its start as "from", the next day's start as "to".
create or replace function audit_private.filter_time(filter jsonb, key text)
returns timestamptz
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
declare
  given constant text := filter_time.filter ->> filter_time.key;
begin
  if not filter_time.filter ? filter_time.key then
    return null;
  end if;
  if jsonb_typeof(filter_time.filter -> filter_time.key) = 'string' then
    if given ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' then
      return (given::date + case when filter_time.key = 'to' then 1 else 0 end)::timestamptz;
    elsif given ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?$' then
      return given::timestamptz;
    end if;
  end if;
  perform audit_private.refuse_filter(filter_time.key, filter_time.filter -> filter_time.key,
    'a date or time in ISO 8601, such as "2026-05-04" or "2026-05-04T13:30:00Z"');
exception
  when datetime_field_overflow or invalid_datetime_format or invalid_time_zone_displacement_value then
    perform audit_private.refuse_filter(filter_time.key, filter_time.filter -> filter_time.key,
      'a date or time that exists');
end
$$;
comment on function audit_private.filter_time(jsonb, text) is
  'the bound that a filter''s from or to stands for; null when the filter has none';
