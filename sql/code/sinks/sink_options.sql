-- The one list of options, so that a mistyped one is refused and a secret has no place to be written: where one is needed,
-- the option names the environment variable or the file that holds it. An address with a user or password in it is refused
-- by its pattern. Kinds null is every kind.
create or replace function audit_private.sink_options()
returns table (name text, kinds text[], is_required boolean, pattern text, description text)
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  values
    ('format', null::text[], false, '^(jsonl|cef|rfc5424|ocsf|otlp|cloudevents)$',
      'jsonl, cef, rfc5424, ocsf, otlp or cloudevents'),
    ('content', null, false, '^(whole|envelope)$', 'whole events, or their envelopes, which nobody has to approve'),
    ('start', null, false, '^(now|beginning)$', 'with what is sealed from now on, or with the first event kept'),
    ('purge_waits', null, false, '^(true|false)$', 'whether a purge leaves events that were not delivered'),
    ('batch_size', null, false, '^([1-9][0-9]{0,3}|10000)$', 'events a batch: 1 to 10000'),
    ('max_attempts', null, false, '^([1-9][0-9]?|100)$', 'refusals of one event until it is put aside: 1 to 100'),
    ('host_name', null, false, '^[!-~]{1,255}$', 'how this installation is called, in rfc5424 and cef'),
    ('facility', null, false, '^([0-9]|1[0-9]|2[0-3])$', 'syslog facility, 0 to 23; 13 (log audit) unless told'),
    ('application', null, false, '^[!-~]{1,48}$', 'how the sending application is called, in rfc5424 and otlp'),
    ('enterprise_number', null, false, '^[1-9][0-9]{0,9}$', 'private enterprise number of structured data in rfc5424'),
    ('source', null, false, '^[!-~]{1,200}$', 'URI of this installation, in cloudevents'),
    ('account_entity_types', null, false, '^[a-z0-9_]+(,[a-z0-9_]+)*$', 'entity types that are accounts, in ocsf'),
    ('path', '{file}', true, '^/.+$', 'absolute path of the file'),
    ('rotate_bytes', '{file}', false, '^[1-9][0-9]{3,12}$', 'size at which a new file is begun'),
    ('rotate_hours', '{file}', false, '^([1-9][0-9]{0,3})$', 'age at which a new file is begun'),
    ('gzip', '{file,webhook,splunk,elastic,otlp}', false, '^(true|false)$', 'compress what is rotated or sent'),
    ('address', '{syslog}', true, '^[^@/\s]+:[0-9]{1,5}$', 'host:port'),
    ('protocol', '{syslog}', false, '^(udp|tcp|tls)$', 'udp, tcp or tls'),
    ('url', '{webhook,splunk,elastic,otlp,nats,parquet}', true, '^[a-z][a-z0-9+.-]*://[^@\s?#]*$',
      'address, without user, password or query; for parquet a folder, also file:///…'),
    ('gather_minutes', '{parquet}', false, '^([0-9]|[1-5][0-9])$',
      'how long events are gathered for larger files: 0 to 59; 15 unless told'),
    ('index', '{elastic}', false, '^[a-z0-9][a-z0-9._-]{0,254}$', 'index or data stream'),
    ('subject', '{nats}', false, '^[!-~]{1,255}$', 'subject'),
    ('ca_file', '{syslog,webhook,splunk,elastic,otlp,nats}', false, '^/.+$', 'certificates to trust, besides the system''s'),
    ('timeout_seconds', '{syslog,webhook,splunk,elastic,otlp,nats}', false, '^([1-9]|[1-9][0-9]|[12][0-9]{2}|300)$',
      'how long a receiver may take: 1 to 300'),
    ('token_env', '{webhook,splunk,elastic,otlp,nats}', false, '^[A-Z_][A-Z0-9_]*$', 'environment variable that holds the token'),
    ('token_file', '{webhook,splunk,elastic,otlp,nats}', false, '^/.+$', 'file that holds the token'),
    ('secret_env', '{webhook}', false, '^[A-Z_][A-Z0-9_]*$', 'environment variable that holds the key of the signature'),
    ('secret_file', '{webhook}', false, '^/.+$', 'file that holds the key of the signature')
$$;
comment on function audit_private.sink_options() is 'options that sinks may have, and the pattern that a value follows';
