create or replace function audit_private.known_data_retention(relation regclass)
returns audit_private.data_retention
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  entry audit_private.data_retention;
begin
  select d.* into entry
  from audit_private.data_retention d
  where audit_private.relation_named(d.relation) = known_data_retention.relation and d.objects_digest is not null;
  if not found then
    perform audit_private.refuse_data_retention(
      format('%s is not under data retention', coalesce(known_data_retention.relation::text, 'null')),
      coalesce('These tables are: ' || (select string_agg(d.relation, ', ' order by d.relation) from audit_private.data_retention d),
        'No table is.'),
      'select audit.define_data_retention(relation => …, time_column => …, levels => …, decision => ''…'');');
  end if;
  return entry;
end
$$;
comment on function audit_private.known_data_retention(regclass) is 'how a table is under data retention; raises WT112 when it isn''t';
