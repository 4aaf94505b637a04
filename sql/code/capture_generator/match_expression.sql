-- Tenant and key together are an entity's identity. Keys that print alike are the same, so other types than these
-- are compared as printed: the entity id in the log is text.
create or replace function audit_private.match_expression(
  relation regclass,
  tenant_column text,
  left_alias text,
  right_alias text
)
returns text
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $$
  select case
      when bool_and(a.atttypid = any ('{int2,int4,int8,uuid}'::regtype[]::oid[]))
        then string_agg(format('%1$s.%3$I = %2$s.%3$I', left_alias, right_alias, a.attname), ' and ' order by a.attnum)
      else format('(%s) collate "C" = (%s) collate "C"',
        audit_private.key_expression(match_expression.relation, left_alias),
        audit_private.key_expression(match_expression.relation, right_alias))
    end
    || case
      when tenant_column is null then ''
      else format(' and %1$s.%3$s = %2$s.%3$s', left_alias, right_alias, quote_ident(tenant_column))
    end
  from pg_attribute a
  where a.attrelid = match_expression.relation
    and a.attname = any (audit_private.key_columns(match_expression.relation))
$$;
comment on function audit_private.match_expression(regclass, text, text, text) is
  'SQL that tells whether two rows are the same entity of the same tenant';
grant execute on function audit_private.match_expression(regclass, text, text, text) to audit_writer;
