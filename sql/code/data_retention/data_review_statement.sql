create or replace function audit_private.data_review_statement(relation regclass)
returns text
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $$
declare
  entry constant audit_private.data_retention := audit_private.known_data_retention(data_review_statement.relation);
  problem constant text := audit_private.data_retention_problem(entry);
begin
  if problem is not null then
    perform audit_private.refuse_data_retention(
      format('%s is not as it was declared', entry.relation), problem, 'Mend that, or define it anew.');
  end if;
  return format('select audit_data.%I(null)', 'review_of_' || entry.object_name);
end
$$;
comment on function audit_private.data_review_statement(regclass) is
  'the statement that counts what would go of a table; raises WT112; a step of preview_data_purge';
grant execute on function audit_private.data_review_statement(regclass) to audit_operator;
