-- A release may add options and change their texts; a value that somebody set stays.
insert into audit_private.option as known (name, value, default_value, pattern, description)
select o.name, o.default_value, o.default_value, o.pattern, o.description
from (
  values
    ('partition_width', 'week', '^(day|week|month)$',
      'width of a partition of events: day, week or month (UTC); partitions that exist keep theirs'),
    ('partitions_ahead_weeks', '26', '^([4-9]|[1-9][0-9]|1[0-9][0-9])$',
      'how far ahead partitions are made, in weeks: 4 to 199'),
    ('retention_delay_days', '7', '^([1-9]|[1-9][0-9])$',
      'how long a change waits that shortens retention, of the log or of data, in days: 1 to 99'),
    ('purge_events_at', '02:00', '^([01][0-9]|2[0-3]):[0-5][0-9]$',
      'when purge_events runs each day, UTC'),
    ('purge_data_at', '03:00', '^([01][0-9]|2[0-3]):[0-5][0-9]$',
      'when purge_data runs each day, UTC'),
    ('maintain_partitions_at', '01:30', '^([01][0-9]|2[0-3]):[0-5][0-9]$',
      'when maintain_partitions runs each day, UTC'),
    ('reverify_events_at', '04:00', '^([01][0-9]|2[0-3]):[0-5][0-9]$',
      'when reverify_events runs each day, UTC'),
    ('data_purge_limit_percent', '20', '^([1-9]|[1-9][0-9]|100)$',
      'largest share of a table that one run of purge_data removes without being told, in percent: 1 to 100'),
    ('seal_silence_minutes', '60', '^([1-9][0-9]{0,3})$',
      'how long a tenant may be silent before a seal says so, in minutes: 1 to 9999'),
    ('sink_lag_minutes', '60', '^([1-9][0-9]{0,4})$',
      'how far a sink may be behind before check_health calls it an error, in minutes: 1 to 99999'),
    ('payload_limit_bytes', '65536', '^([1-9][0-9]{3,5}|[1-9][0-9]{6})$',
      'largest payload of an event, in bytes: 1,000 to 9,999,999')
) as o (name, default_value, pattern, description)
on conflict (name) do update
set default_value = excluded.default_value, pattern = excluded.pattern, description = excluded.description
where (known.default_value, known.pattern, known.description)
  is distinct from (excluded.default_value, excluded.pattern, excluded.description);

-- The installation's own tenant; it has no name of its own in any application.
insert into audit_private.tenant (tenant_id, name)
values ('00000000-0000-0000-0000-000000000000', 'pgwitness')
on conflict (tenant_id) do nothing;
