-- Without them each batch reads a whole table.
create or replace function audit_private.lacking_data_indexes(entry audit_private.data_retention)
returns text
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
set quote_all_identifiers = off
as $$
  select string_agg(format('create index concurrently on %s (%s);', n.relation, n.columns), ' ' order by n.relation, n.columns)
  from (
    select c.relation, array_agg(j.key) as names, string_agg(quote_ident(j.key), ', ' order by j.key) as columns
    from audit_private.data_children(entry.children, '', '') c
    cross join jsonb_each_text(c.child_join) j
    group by c.relation, c.child_join
    union
    select entry.relation, array_agg(j.value), string_agg(quote_ident(j.value), ', ' order by j.value)
    from audit_private.data_children(entry.children, '', '') c
    cross join jsonb_each_text(c.child_join) j
    where c.rule = 'with_last'
    group by c.child_join
  ) n
  where not exists (
    select
    from pg_index x
    join pg_attribute a on a.attrelid = x.indrelid and a.attnum = x.indkey[0]
    where x.indrelid = audit_private.relation_named(n.relation) and x.indisvalid and x.indpred is null
      and a.attname = any (n.names)
  )
$$;
comment on function audit_private.lacking_data_indexes(audit_private.data_retention) is
  'statements that make the indexes by which a batch finds children and parents; null when they are there';
