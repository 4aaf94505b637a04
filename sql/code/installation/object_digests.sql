-- Policies and views are digested as the server prints them, functions by their stored text: what
-- pg_get_functiondef prints differs from one major version to the next, and a pg_upgrade must not look like
-- an intrusion. Partitions come and go; the guard that each of them must have stands for all. So do the functions that
-- watch generates: list_watched knows their digests. What owners of tables under data retention have in audit_data is
-- list_data_retention's to know, and the rights that they need for it are no drift.
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
        p.prosrc, p.proconfig, p.prosecdef, p.provolatile, p.prokind, p.proretset,
        p.prorettype::regtype::text, pg_get_function_arguments(p.oid), p.prolang::integer,
        p.proowner::regrole::text,
        array(
          select a::text from unnest(p.proacl) as a
          where not audit_private.is_data_owner_right(a, p.proname) order by a::text collate "C")
      )::text as definition
    from pg_proc p
    where p.pronamespace in ('audit'::regnamespace, 'audit_private'::regnamespace)
      and not exists (
        select from audit_private.watched_table w
        where p.proname = 'on_' || w.entity_type and w.unwatched_at is null
      )
    union all
    select 'trigger', format('%s on %s', g.tgname, g.tgrelid::regclass),
      jsonb_build_array(g.tgfoid::regprocedure::text, g.tgtype, g.tgenabled, g.tgqual)::text
    from pg_trigger g
    join pg_class c on c.oid = g.tgrelid
    where c.relnamespace = 'audit_private'::regnamespace and not g.tgisinternal and not c.relispartition
    union all
    select 'policy', format('%s on %s', w.polname, w.polrelid::regclass), audit_private.policy_text(w)
    from pg_policy w
    join pg_class c on c.oid = w.polrelid
    where c.relnamespace = 'audit_private'::regnamespace and not c.relispartition
    union all
    select case c.relkind when 'v' then 'view' when 'S' then 'sequence' else 'table' end, c.oid::regclass::text,
      jsonb_build_array(
        c.relrowsecurity, c.relforcerowsecurity, c.relowner::regrole::text, c.reloptions,
        array(select a::text from unnest(c.relacl) as a order by a::text collate "C"),
        array(
          select format('%s %s', t.attname, t.attacl)
          from pg_attribute t
          where t.attrelid = c.oid and t.attacl is not null
          order by t.attnum
        ),
        case c.relkind when 'v' then pg_get_viewdef(c.oid) end,
        array(select r.rulename from pg_rewrite r where r.ev_class = c.oid order by r.rulename)
      )::text
    from pg_class c
    where c.relnamespace in ('audit'::regnamespace, 'audit_private'::regnamespace)
      and c.relkind in ('r', 'p', 'v', 'S')
      and not c.relispartition
    union all
    select 'schema', n.nspname::text,
      jsonb_build_array(
        n.nspowner::regrole::text,
        array(
          select a::text from unnest(n.nspacl) as a
          where not audit_private.is_data_owner_right(a, n.nspname) order by a::text collate "C")
      )::text
    from pg_namespace n
    where n.nspname in ('audit', 'audit_private', 'audit_data', 'audit_migrations')
  ) o
  union all
  select 'guard', 'of each partition', audit_private.guard_digest(p.partition_name)
  from (
    select e.partition_name from audit_private.event_partitions() e order by e.from_time desc limit 1
  ) p
$$;
comment on function audit_private.object_digests() is
  'digest of each function, trigger, policy, table, view, sequence and schema as it is now, and of a partition''s guard';
