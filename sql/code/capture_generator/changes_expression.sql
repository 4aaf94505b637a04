-- Concatenated in groups, since a chain of 1,600 concatenations nests too deep. An unchanged column adds an empty
-- object, which costs next to nothing. Key and tenant are the same in both rows, else they would not have been joined.
create or replace function audit_private.changes_expression(watched audit_private.watched_table, relation regclass)
returns text
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  with part as (
    select c.place,
      format('case when %s then %s else ''{}'' end', c.is_changed, case
        when c.treatment = 'value' then format('jsonb_build_object(%L, jsonb_build_object(''old'', %s, ''new'', %s))',
          c.name, c.old_value, c.new_value)
        else format('%L::jsonb', jsonb_build_object(c.name, jsonb_build_object('withheld', c.treatment, 'changed', true)))
      end) as expression,
      (row_number() over (order by c.place) - 1) / 40 as chunk
    from audit_private.capture_columns(changes_expression.watched, changes_expression.relation) c
    where c.treatment <> 'left out' and not c.is_key and c.name is distinct from watched.tenant_column
  )
  select coalesce(string_agg(chunks.expression, E'\n      || ' order by chunks.chunk), '''{}''::jsonb')
  from (
    select p.chunk, format('(%s)', string_agg(p.expression, E'\n      || ' order by p.place)) as expression
    from part p
    group by p.chunk
  ) chunks
$$;
comment on function audit_private.changes_expression(audit_private.watched_table, regclass) is
  'SQL that gives what an update changed: column to {old, new}';
grant execute on function audit_private.changes_expression(audit_private.watched_table, regclass) to audit_writer;
