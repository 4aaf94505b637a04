-- With its caller's rights, through the view of the table's owner; values print as in events.
create or replace function audit.resolve_data_retention(relation regclass, key text)
returns table (level text, days integer, is_kept boolean, "time" timestamptz, due_at timestamptz, problem text)
language plpgsql
stable
parallel unsafe
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set datestyle = 'ISO, YMD'
set intervalstyle = 'postgres'
set bytea_output = 'hex'
set extra_float_digits = 1
set lc_monetary = 'C'
set xmlbinary = 'base64'
as $$
begin
  begin
    return query execute audit_private.data_resolution_statement(relation) using key;
  exception when invalid_text_representation or numeric_value_out_of_range then
    null;
  end;
  if not found then
    raise exception using
      errcode = 'WT112',
      message = format('%s has no row with the key %s', relation, coalesce(quote_literal(key), 'null')),
      detail = 'A key is written as the entity id of a captured event: one column as text, several as a JSON array of their texts.',
      hint = 'Keys are those of the table as it is now; what has been removed is told by audit.list_row_history().';
  end if;
end
$$;
comment on function audit.resolve_data_retention(regclass, text) is
  'for one row of a table under data retention: the days that count, the level that they come from, and when it is due; for '
  'audit_operator; raises WT112';
grant execute on function audit.resolve_data_retention(regclass, text) to audit_operator;
