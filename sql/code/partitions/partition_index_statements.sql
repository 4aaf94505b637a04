-- What a partition still lacks once it is cold, as statements: close_partition runs them in its
-- transaction, and a runner that must not block late events runs them one by one, concurrently. An
-- index that a broken concurrent build left behind is dropped first.
--
-- The search index is made where pg_trgm is; it changes how fast a search is, never what it finds.
create or replace function audit_private.partition_index_statements(partition text, is_concurrent boolean)
returns setof text
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  with wanted (place, suffix, definition) as (
    values
      (1, 'actor_idx', '(tenant_id, actor_id, occurred_at desc, id desc)'),
      (2, 'entity_idx', '(tenant_id, entity_type, entity_id, occurred_at desc, id desc)'),
      (3, 'action_idx', '(tenant_id, action, occurred_at desc, id desc)')
    union all
    select 4, 'search_idx',
      format('using gin (audit_private.search_text_v1(description, actor, target, metadata) %I.gin_trgm_ops)', n.nspname)
    from pg_extension x
    join pg_namespace n on n.oid = x.extnamespace
    where x.extname = 'pg_trgm' and has_schema_privilege('audit_owner', n.oid, 'usage')
  ),
  lacking as (
    select w.place, w.definition, i.indexrelid is not null as is_broken,
      left(partition_index_statements.partition, 50) || '_' || w.suffix as name
    from wanted w
    left join pg_class c
      on c.relname = left(partition_index_statements.partition, 50) || '_' || w.suffix
      and c.relnamespace = 'audit_private'::regnamespace
    left join pg_index i on i.indexrelid = c.oid
    where i.indexrelid is null or not i.indisvalid
  )
  select s.statement
  from lacking l
  cross join (select case when partition_index_statements.is_concurrent then ' concurrently' else '' end) as h (how)
  cross join lateral (
    values
      (1, case when l.is_broken then format('drop index%s audit_private.%I', h.how, l.name) end),
      (2, format('create index%s %I on audit_private.%I %s', h.how, l.name, partition_index_statements.partition, l.definition))
  ) as s (place, statement)
  where s.statement is not null
  order by l.place, s.place
$$;
comment on function audit_private.partition_index_statements(text, boolean) is
  'the statements that make the indexes which a closed partition still lacks';
grant execute on function audit_private.partition_index_statements(text, boolean) to audit_operator;
