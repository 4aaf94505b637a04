create or replace function audit.retry_dead_letters(name text, event_ids uuid[] default null)
returns bigint
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  known constant audit_private.sink := audit_private.known_sink(retry_dead_letters.name);
  retried bigint;
begin
  update audit_private.dead_letter d
  set retry_number = nextval('audit_private.retry_number')
  where d.sink_name = known.sink_name
    and (retry_dead_letters.event_ids is null or d.event_id = any (retry_dead_letters.event_ids))
    and d.retry_number is null;
  get diagnostics retried = row_count;
  return retried;
end
$$;
comment on function audit.retry_dead_letters(text, uuid[]) is
  'has a sink give refused events once more, before all others: those named, or all; how many; for audit_operator; raises WT150';
grant execute on function audit.retry_dead_letters(text, uuid[]) to audit_operator;
