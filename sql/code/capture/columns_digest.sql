-- What a generated function was written for: names and types of the columns in their order, and the key. Their numbers
-- tell a column from another that has taken its name; a restored dump may number them anew, so there they don't count.
create or replace function audit_private.columns_digest(relation regclass, is_numbered boolean)
returns text
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $$
  select encode(sha256(convert_to(jsonb_build_array(
    (
      select jsonb_agg(jsonb_build_array(
        case when columns_digest.is_numbered then a.attnum end, a.attname, format_type(a.atttypid, a.atttypmod), a.attcollation::regcollation::text, a.attgenerated) order by a.attnum)
      from pg_attribute a
      where a.attrelid = columns_digest.relation and a.attnum > 0 and not a.attisdropped
    ),
    audit_private.key_columns(columns_digest.relation)
  )::text, 'UTF8')), 'hex')
$$;
comment on function audit_private.columns_digest(regclass, boolean) is 'digest of a table''s columns and key, to tell whether they changed';
grant execute on function audit_private.columns_digest(regclass, boolean) to audit_writer;
