-- How a value of a type can be stored and compared. The generated functions run as the writer, and to_jsonb calls a
-- cast to json that the type's owner wrote, so only types of PostgreSQL itself are given to it; of all others, and of
-- json, which holds what jsonb refuses, the output function's text is stored. That function is C, which only
-- superusers can make.
--
-- Of a type that isn't PostgreSQL's own, no operator is looked up, since casts of its owner's could be found with it.
-- "Distinct from" misses a change where values that print differently are equal (1.0 and 1.00, -0 and 0, '1 day'
-- and '24 hours', texts in a collation that isn't deterministic), so those are compared by their bytes.
create or replace function audit_private.column_kind(type_id oid, collation_id oid, out is_printed boolean, out is_exact boolean)
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  with recursive inside as (
    select t.oid, t.typtype, t.typbasetype, t.typelem, t.typcategory
    from pg_type t
    where t.oid = column_kind.type_id
    union all
    select t.oid, t.typtype, t.typbasetype, t.typelem, t.typcategory
    from inside i
    join pg_type t on t.oid = case when i.typtype = 'd' then i.typbasetype when i.typcategory = 'A' then i.typelem end
  )
  select
    bool_or(
      i.oid in ('json'::regtype, 'unknown'::regtype)
      or i.oid >= 16384 and i.typtype <> 'd' and i.typcategory <> 'A'),
    bool_and(
      i.typtype = 'd'
      or i.typcategory = 'A'
      or i.oid = any ('{bool,name,int2,int4,int8,oid,uuid,bytea,date,timestamp,timestamptz,time,inet,macaddr,pg_lsn}'::regtype[]::oid[])
      or i.oid in ('"char"'::regtype, 'text'::regtype, 'varchar'::regtype))
    and coalesce((select c.collisdeterministic from pg_collation c where c.oid = column_kind.collation_id), true)
  from inside i
$$;
comment on function audit_private.column_kind(oid, oid) is
  'whether a column''s values are stored as printed, and whether "is distinct from" tells every two of them apart';
grant execute on function audit_private.column_kind(oid, oid) to audit_writer;
