-- Not to_regclass, which raises an error where its caller may not use the schema.
create or replace function audit_private.relation_named(name text)
returns regclass
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  parts text[];
begin
  parts := parse_ident(relation_named.name);
  return (
    select c.oid
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = parts[1] and c.relname = parts[2] and cardinality(parts) = 2
  );
exception when invalid_parameter_value then
  return null;
end
$$;
comment on function audit_private.relation_named(text) is 'the relation with this schema and name; null when there is none';
