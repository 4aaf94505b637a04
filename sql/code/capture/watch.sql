-- Runs with its caller's rights: a trigger that always fires can be made by the table's owner only. Whatever needs
-- other rights is a step of the log's own.
create or replace function audit.watch(
  relation regclass,
  entity_type text,
  tenant_column text default null,
  label_column text default null,
  columns text[] default null,
  redact_columns text[] default '{}',
  ignore_columns text[] default '{}',
  category text default null,
  level text default 'statement',
  on_error text default 'refuse',
  keep_deleted_values boolean default null,
  reason text default null
)
returns boolean
language plpgsql
volatile
parallel unsafe
set search_path = pg_catalog, pg_temp
set lock_timeout = '10s'
as $$
declare
  statement text;
  is_changed boolean := audit_private.prepare_watch(
    relation, entity_type, tenant_column, label_column, columns, redact_columns, ignore_columns, category, level,
    on_error, keep_deleted_values, reason);
begin
  for statement in select * from audit_private.capture_triggers(relation, entity_type) loop
    execute statement;
    is_changed := true;
  end loop;
  perform audit_private.finish_watch(entity_type);
  return is_changed;
exception when lock_not_available then
  raise exception using
    errcode = 'WT084',
    message = format('table %s is in use', relation),
    detail = 'A transaction that writes to it has been open for more than 10 seconds.',
    hint = 'Try again; select pid, usename, xact_start from pg_stat_activity where state = ''idle in transaction'';';
end
$$;
comment on function audit.watch(regclass, text, text, text, text[], text[], text[], text, text, text, boolean, text) is
  'captures a table''s changes from now on; run again after alter table, or to change how; true when that changed '
  'anything; for its owner, with audit_operator; raises WT090, and WT021 where it would record less without a reason';
grant execute on function audit.watch(regclass, text, text, text, text[], text[], text[], text, text, text, boolean, text)
  to audit_operator;
