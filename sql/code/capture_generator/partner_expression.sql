-- Whatever a row became or was before, as far as it is sure (the statement touched one row) and the tenant's own
-- business (it didn't change). The subqueries refer to no outer row, so that they run once and only when asked.
create or replace function audit_private.partner_expression(
  relation regclass,
  tenant_column text,
  rows text,
  other_rows text,
  alias text
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
      when tenant_column is null then format('coalesce((select case when count(*) = 1 then %s end %s), ''{}'')', m.object, m.strangers)
      else format(
        'case when (select case when count(*) = 1 then min(x.%1$s::text) end %2$s) = %3$s.%1$s::text '
        'then (select %4$s %2$s) else ''{}'' end',
        quote_ident(tenant_column), m.strangers, alias, m.object)
    end
  from (
    select
      format('jsonb_build_object(''entity_id'', min(%s::text))', audit_private.key_expression(relation, 'x')) as object,
      format('from %1$s x left join %2$s y on (%3$s) where y.%4$I is null and (select count(*) from %1$s z) = 1', rows, other_rows,
        audit_private.match_expression(relation, tenant_column, 'x', 'y'), (audit_private.key_columns(relation))[1])
        as strangers
  ) m
$$;
comment on function audit_private.partner_expression(regclass, text, text, text, text) is
  'SQL that gives the other identity of a row whose key changed';
grant execute on function audit_private.partner_expression(regclass, text, text, text, text) to audit_writer;
