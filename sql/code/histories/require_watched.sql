create or replace function audit_private.require_watched(relation regclass)
returns text
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  known constant text := audit_private.watched_entity_type(
    coalesce(pg_partition_root(require_watched.relation), require_watched.relation));
begin
  if known is null then
    raise exception using
      errcode = 'WT091',
      message = format('%s is not watched', coalesce(require_watched.relation::text, 'null')),
      detail = 'Its changes have not been captured.',
      hint = format('Its owner, with audit_operator, may call: select audit.watch(%L, entity_type => …);',
        require_watched.relation);
  end if;
  return known;
end
$$;
comment on function audit_private.require_watched(regclass) is
  'the entity type of a table that is or was watched; raises WT091 for any other';
