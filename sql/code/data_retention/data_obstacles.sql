-- What keeps the owner of a table from seeing and deleting every row, which row-level security does without an error;
-- and what has changed since such that a run would not do what was declared.
create or replace function audit_private.data_obstacles(entry audit_private.data_retention)
returns table (problem text, hint text)
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
set quote_all_identifiers = off
as $$
  with owner as (
    select r.oid, r.rolsuper or r.rolbypassrls as passes, quote_ident(r.rolname) as name
    from pg_roles r where r.rolname = entry.owner_name
  ),
  needed as (
    select entry.relation as name, '{select,update,delete}'::text[] as rights
    union all
    select l.value ->> 'relation', '{select}' from jsonb_array_elements(entry.levels) l
    union all
    select c.relation, case c.rule when 'keeps' then '{select}'::text[] else '{select,delete}' end
    from audit_private.data_children(entry.children, '', '') c
  ),
  used as (
    select n.name, audit_private.relation_named(n.name) as relation, array_agg(distinct g.item order by g.item desc) as rights
    from needed n
    cross join unnest(n.rights) as g (item)
    group by n.name
  )
  select format('%s is gone, or has another name', u.name),
    format('select audit.drop_data_retention(%L, reason => ''…''); and define it anew', u.name)
  from used u
  where u.relation is null
  union all
  select format('role %s, which owned %s, is gone', entry.owner_name, entry.relation), 'Define it anew as the owner.'
  where not exists (select from owner)
  union all
  select format('%s has another owner now, %s', entry.relation, c.relowner::regrole),
    format('set role %s; and define it anew', c.relowner::regrole)
  from pg_class c
  where c.oid = audit_private.relation_named(entry.relation) and c.relowner <> all (select o.oid from owner o)
  union all
  select format('%s may not use schema %s', o.name, c.relnamespace::regnamespace),
    format('grant usage on schema %s to %s;', c.relnamespace::regnamespace, o.name)
  from used u
  join pg_class c on c.oid = u.relation
  cross join owner o
  where not has_schema_privilege(o.oid, c.relnamespace, 'usage')
  group by c.relnamespace, o.name
  union all
  select format('%s lacks rights on %s: %s', o.name, u.name, string_agg(g.item, ', ')),
    format('grant %s on %s to %s;', string_agg(g.item, ', '), u.name, o.name)
  from used u
  cross join owner o
  cross join unnest(u.rights) as g (item)
  where not has_table_privilege(o.oid, u.relation, g.item)
  group by u.name, o.name
  union all
  select format('row-level security hides rows of %s from %s', u.name, o.name),
    format('create policy %I on %s to %s using (true);', 'Data retention sees every row', u.name, o.name)
  from used u
  join pg_class c on c.oid = u.relation
  cross join owner o
  where c.relrowsecurity and not o.passes and (c.relforcerowsecurity or not pg_has_role(o.oid, c.relowner, 'usage'))
    and exists (
      select from unnest(u.rights) as g (item)
      where not exists (
        select from pg_policy p
        where p.polrelid = c.oid and p.polpermissive
          and p.polcmd in ('*', case g.item when 'select' then 'r' when 'update' then 'w' else 'd' end)
          and exists (select from unnest(p.polroles) as r (id) where case r.id when 0 then true else pg_has_role(o.oid, r.id, 'usage') end)
          and pg_get_expr(p.polqual, p.polrelid) = 'true'
      )
    )
  union all
  select format('the restrictive policy %I hides rows of %s from %s', p.polname, u.name, o.name),
    format('alter policy %I on %s to …; -- roles without %s', p.polname, u.name, o.name)
  from used u
  join pg_class c on c.oid = u.relation
  cross join owner o
  join pg_policy p on p.polrelid = c.oid and not p.polpermissive
  where c.relrowsecurity and not o.passes and (c.relforcerowsecurity or not pg_has_role(o.oid, c.relowner, 'usage'))
    and (p.polcmd in ('*', 'r') or p.polcmd = 'd' and 'delete' = any (u.rights) or p.polcmd = 'w' and 'update' = any (u.rights))
    and exists (select from unnest(p.polroles) as r (id) where case r.id when 0 then true else pg_has_role(o.oid, r.id, 'usage') end)
    and pg_get_expr(p.polqual, p.polrelid) <> 'true'
  union all
  select format('no unique index of %s covers %s', l.value ->> 'relation', k.columns),
    format('create unique index concurrently on %s (%s);', l.value ->> 'relation', k.columns)
  from jsonb_array_elements(entry.levels) l
  cross join lateral (
    select array_agg(j.value ->> 2) as names, string_agg(quote_ident(j.value ->> 2), ', ') as columns
    from jsonb_array_elements(l.value -> 'join') j
  ) k
  where audit_private.relation_named(l.value ->> 'relation') is not null
    and not exists (
      select from pg_index x
      where x.indrelid = audit_private.relation_named(l.value ->> 'relation')
        and x.indisunique and x.indisvalid and x.indpred is null and x.indexprs is null
        and not exists (
          select from unnest(x.indkey) with ordinality as i (number, place)
          join pg_attribute a on a.attrelid = x.indrelid and a.attnum = i.number
          where i.place <= x.indnkeyatts and a.attname <> all (k.names)
        )
    )
  union all
  select format('%s is watched with the values of deleted rows, which would then outlive their retention', u.name),
    replace(audit_private.watch_call(w, u.relation), ');', ', keep_deleted_values => false, reason => ''…'');')
  from used u
  join audit_private.watched_table w on w.entity_type = audit_private.watched_entity_type(u.relation) and w.unwatched_at is null
  where 'delete' = any (u.rights) and w.keep_deleted_values
  union all
  select format('the columns of %s have changed', c.relation), 'Define it anew.'
  from audit_private.data_children(entry.children, '', '') c
  where audit_private.relation_named(c.relation) is not null
    and exists (
      select from jsonb_object_keys(c.child_join) as j (name)
      where not exists (
        select from pg_attribute a
        where a.attrelid = audit_private.relation_named(c.relation) and a.attname = j.name and not a.attisdropped))
$$;
comment on function audit_private.data_obstacles(audit_private.data_retention) is
  'what keeps a table''s rows from being resolved and removed whole, each with the SQL that helps';
