-- What is digested is stored text, not what pg_get_functiondef prints: that differs from one major version
-- to the next, and a pg_upgrade must not look like an intrusion. Partitions come and go and are checked by
-- check_health instead.
create or replace function audit_private.object_digests()
returns table (kind text, name text, digest text)
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
as $$
  select o.kind, o.name, encode(sha256(convert_to(o.definition, 'UTF8')), 'hex')
  from (
    select 'function' as kind, p.oid::regprocedure::text as name,
      jsonb_build_array(
        p.prosrc, p.proconfig, p.prosecdef, p.provolatile, p.proowner::regrole::text,
        array(select a::text from unnest(p.proacl) as a order by a::text collate "C")
      )::text as definition
    from pg_proc p
    where p.pronamespace in ('audit'::regnamespace, 'audit_private'::regnamespace)
    union all
    select 'trigger', format('%s on %s', g.tgname, g.tgrelid::regclass),
      jsonb_build_array(g.tgfoid::regprocedure::text, g.tgtype, g.tgenabled)::text
    from pg_trigger g
    join pg_class c on c.oid = g.tgrelid
    where c.relnamespace = 'audit_private'::regnamespace and not g.tgisinternal and not c.relispartition
    union all
    select 'policy', format('%s on %s', w.polname, w.polrelid::regclass),
      jsonb_build_array(
        w.polcmd, w.polpermissive, array(select r::regrole::text from unnest(w.polroles) as r order by 1)
      )::text
    from pg_policy w
    join pg_class c on c.oid = w.polrelid
    where c.relnamespace = 'audit_private'::regnamespace and not c.relispartition
    union all
    select 'table', c.oid::regclass::text,
      jsonb_build_array(
        c.relkind, c.relrowsecurity, c.relforcerowsecurity, c.relowner::regrole::text, c.reloptions,
        array(select a::text from unnest(c.relacl) as a order by a::text collate "C")
      )::text
    from pg_class c
    where c.relnamespace in ('audit'::regnamespace, 'audit_private'::regnamespace)
      and c.relkind in ('r', 'p', 'v', 'S')
      and not c.relispartition
  ) o
$$;
comment on function audit_private.object_digests() is
  'digest of each function, trigger, policy, table, view and sequence as it is now';
