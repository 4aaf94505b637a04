-- A key of one short column is looked for as a value of its type too, so that the index finds it.
create or replace function audit_private.data_resolution_statement(relation regclass)
returns text
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $$
declare
  entry constant audit_private.data_retention := audit_private.known_data_retention(data_resolution_statement.relation);
  type text;
begin
  if audit_private.data_objects_digest(entry.object_name, entry.owner_name) is distinct from entry.objects_digest then
    perform audit_private.refuse_data_retention(
      format('the view of %s is not the one that was generated', entry.relation),
      'Somebody has changed it.',
      'Define the data retention of this table anew.');
  end if;
  select min(format_type(a.atttypid, a.atttypmod)) into type
  from unnest(audit_private.key_columns(data_resolution_statement.relation)) as k (name)
  join pg_attribute a on a.attrelid = data_resolution_statement.relation and a.attname = k.name
  having count(*) = 1 and bool_and(a.atttypid = any ('{int2,int4,int8,uuid}'::regtype[]::oid[]));
  return format(
    'select v.level, v.days, v.is_kept, v."time", v."time" + make_interval(hours => 24 * v.days), v.problem '
    'from audit_data.%I v where v.entity_id = $1%s',
    'retention_of_' || entry.object_name, ' and v.key_1 = $1::' || type);
end
$$;
comment on function audit_private.data_resolution_statement(regclass) is
  'the statement that resolves one row of a table; raises WT112; a step of resolve_data_retention';
grant execute on function audit_private.data_resolution_statement(regclass) to audit_operator;
