-- A part of check_health. How long a sink is behind counts from when the oldest event that it has still to pass was sealed.
create or replace function audit_private.check_sinks()
returns table (check_name text, state text, detail text, hint text)
language sql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
  with sink as (
    select s.sink_name, s.role_name, s.purge_waits, s.acknowledged_at, s.error, l.events, l.since,
      clock_timestamp() - l.since > (
        select o.value::integer * interval '1 minute' from audit_private.option o where o.name = 'sink_lag_minutes'
      ) as is_late,
      audit_private.count_dead_letters(s) as letters,
      s.carries_payloads and cardinality(audit_private.sink_tenants(s)) = 0 as is_unapproved
    from audit_private.sink s
    cross join lateral audit_private.sink_lag(s) l
  )
  select 'sinks_delivering',
    case when count(*) filter (where s.is_late) > 0 then 'error'
      when count(*) filter (where s.error is not null or s.is_unapproved) > 0 then 'warning' else 'ok' end,
    coalesce(string_agg(
      format('%s: %s', s.sink_name, concat_ws('; ',
        case when s.is_late then format('%s events behind, since %s', s.events, s.since) end,
        case when s.is_late and s.purge_waits then 'purges wait for it' end,
        case when s.is_late then 'last acknowledged ' || coalesce('at ' || s.acknowledged_at, 'never') end,
        case when s.is_unapproved then 'no tenant has approved it' end,
        'last error: ' || s.error)), ', ' order by s.sink_name)
      filter (where s.is_late or s.error is not null or s.is_unapproved),
      case when count(*) = 0 then 'there is no sink' else 'every sink delivers in time' end),
    string_agg(distinct
      case when s.is_unapproved then 'An audit_admin of the tenant: pgwitness sink approve NAME'
        else 'pgwitness ship NAME --follow' end, ' ')
      filter (where s.is_late or s.error is not null or s.is_unapproved)
  from sink s
  union all
  select 'dead_letters',
    case when coalesce(sum(s.letters), 0) = 0 then 'ok' else 'warning' end,
    coalesce('refused by their receivers: '
      || string_agg(format('%s of %s', s.letters, s.sink_name), ', ' order by s.sink_name) filter (where s.letters > 0),
      'no receiver has refused an event'),
    string_agg(format('select * from audit.list_dead_letters(name => %1$L); then audit.retry_dead_letters(name => %1$L)',
      s.sink_name), '; ' order by s.sink_name) filter (where s.letters > 0)
  from sink s
$$;
comment on function audit_private.check_sinks() is 'checks of sinks, for check_health';
