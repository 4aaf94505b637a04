-- Null when one of them is missing, belongs to somebody else or would run with other rights than its owner's.
create or replace function audit_private.data_objects_digest(object_name text, owner_name name)
returns text
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $$
  select case when count(*) = 3 then encode(sha256(convert_to(string_agg(o.definition, '' order by o.definition), 'UTF8')), 'hex') end
  from (
    select jsonb_build_array(p.proname, p.prosrc, p.proconfig, p.prorettype::regtype::text, p.proacl::text)::text as definition
    from pg_proc p
    where p.pronamespace = 'audit_data'::regnamespace and p.prosecdef and p.proowner = to_regrole(quote_ident(owner_name))
      and p.proname in ('review_of_' || object_name, 'purge_of_' || object_name)
      and p.pronargs = 1 and p.proargtypes[0] = 'uuid'::regtype
    union all
    select jsonb_build_array(c.relname, pg_get_viewdef(c.oid), c.reloptions, c.relacl::text)::text
    from pg_class c
    where c.relnamespace = 'audit_data'::regnamespace and c.relkind = 'v' and c.relowner = to_regrole(quote_ident(owner_name))
      and c.relname = 'retention_of_' || object_name
  ) o
$$;
comment on function audit_private.data_objects_digest(text, name) is
  'digest of the view and functions of a table under data retention, to tell whether somebody changed them';
