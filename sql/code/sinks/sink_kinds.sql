-- The one list of kinds, for the check of a definition and for whoever looks for what there is. What ships them is the
-- Python package's business, but for custom, which is whatever calls audit.read_sink.
create or replace function audit_private.sink_kinds()
returns table (kind text, format text)
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  values
    ('custom', 'jsonl'),
    ('file', 'jsonl'),
    ('stdout', 'jsonl'),
    ('syslog', 'rfc5424'),
    ('webhook', 'cloudevents'),
    ('splunk', 'jsonl'),
    ('elastic', 'jsonl'),
    ('otlp', 'otlp'),
    ('nats', 'cloudevents'),
    ('parquet', 'jsonl')
$$;
comment on function audit_private.sink_kinds() is 'kinds of sinks, and the format that each has unless told';
