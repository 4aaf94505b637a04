-- With its caller's rights, as watch.
create or replace function audit.unwatch(relation regclass, reason text, entity_type text default null)
returns boolean
language plpgsql
volatile
parallel unsafe
set search_path = pg_catalog, pg_temp
set lock_timeout = '10s'
as $$
declare
  known constant text := audit_private.prepare_unwatch(relation, reason, entity_type);
  operation text;
begin
  if known is null then
    return false;
  end if;
  if relation is not null then
    foreach operation in array '{insert,update,delete,truncate}'::text[] loop
      execute format('drop trigger if exists pgwitness_%s on %s', operation, relation);
    end loop;
  end if;
  perform audit_private.finish_unwatch(known);
  return true;
exception when lock_not_available then
  raise exception using
    errcode = 'WT084',
    message = format('table %s is in use', relation),
    detail = 'A transaction that uses it has been open for more than 10 seconds.',
    hint = 'Try again; select pid, usename, xact_start from pg_stat_activity where state = ''idle in transaction'';';
end
$$;
comment on function audit.unwatch(regclass, text, text) is
  'captures a table''s changes no longer; its history stays; false when it wasn''t watched; for its owner, with '
  'audit_operator; of a table that was dropped, give null and the entity type';
grant execute on function audit.unwatch(regclass, text, text) to audit_operator;
