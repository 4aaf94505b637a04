set local role audit_keeper;
-- Also how a consumer that waits for its receiver says that it is still there. An event has no place in here, so only the
-- beginning is kept.
create or replace function audit.report_sink_error(name text, error text)
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  taken constant audit_private.sink := audit_private.take_sink(report_sink_error.name);
begin
  update audit_private.sink s
  set error = left(report_sink_error.error, 500), error_at = clock_timestamp()
  where s.sink_name = taken.sink_name;
end
$$;
comment on function audit.report_sink_error(text, text) is
  'tells why a sink could not be shipped, until something is acknowledged; for the one role that the sink names; raises WT037, '
  'WT150 and WT151';
grant execute on function audit.report_sink_error(text, text) to audit_shipper;
