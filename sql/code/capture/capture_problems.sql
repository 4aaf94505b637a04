-- Everything because of which a watched table's changes could pass unseen or be seen less well, each with what mends
-- it. Rights on a partition or on a child pass by the statement's triggers, which sit on the table that is named; so do
-- owners, who may switch triggers off. Superusers pass everything, and only those in use as somebody's role are told.
create or replace function audit_private.capture_problems()
returns table (entity_type text, state text, problem text, hint text)
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $$
  with watched as (
    select w as entry, w.entity_type, w.level, r.relation, c.relkind, c.relowner, c.relnamespace::regnamespace::text as schema_name,
      c.relname::text as table_name, p.oid as function_id, p.proowner as function_owner, p.prosrc,
      position(format('''%s''::regclass', r.relation::oid) in p.prosrc) > 0 as is_original
    from audit_private.watched_table w
    cross join lateral (select audit_private.watched_relation(w.entity_type) as relation) r
    left join pg_class c on c.oid = r.relation
    left join pg_proc p on p.pronamespace = 'audit_private'::regnamespace and p.proname = 'on_' || w.entity_type
    where w.unwatched_at is null
  )
  select w.entity_type, 'error', format('table %I.%I is gone', (w.entry).schema_name, (w.entry).table_name),
    format('select audit.unwatch(relation => null, reason => %L, entity_type => %L);', 'the table was dropped', w.entity_type)
  from watched w
  where w.relation is null
  union all
  select w.entity_type, 'error', 'its trigger function is not the one that watch made',
    case when w.function_owner <> 'audit_writer'::regrole
      then format('alter function audit_private.%I() owner to audit_writer; ', 'on_' || w.entity_type) else '' end
      || audit_private.watch_call(w.entry, w.relation)
  from watched w
  where w.relation is not null and audit_private.capture_digest(w.entity_type) is distinct from (w.entry).function_digest
  union all
  select w.entity_type, 'error', 'triggers are missing, disabled or not always fired',
    case when bool_or(t.statement ~ '^create') then audit_private.watch_call(w.entry, w.relation)
      else string_agg(t.statement || ';', ' ') end
  from watched w
  cross join lateral (
    select t as statement from audit_private.capture_triggers(w.relation, w.entity_type) t where w.function_id is not null
    union all
    select format('alter table %s enable always trigger %I', t.tgrelid::regclass, t.tgname)
    from pg_trigger t where t.tgfoid = w.function_id and t.tgparentid <> 0 and t.tgenabled <> 'A'
  ) t
  where w.relation is not null
  group by w.entity_type, w.entry, w.relation
  union all
  select w.entity_type, 'warning',
    'its columns have changed since it was watched: new ones are recorded as changed only, and each statement costs more',
    audit_private.watch_call(w.entry, w.relation)
  from watched w
  where w.relation is not null
    and position(audit_private.columns_digest(w.relation, w.is_original) in w.prosrc) = 0
  union all
  select w.entity_type, 'error', 'it has no key any more, so its rows can''t be written',
    format('alter table %s add primary key (…); or give it a replica identity; then %s', w.relation,
      audit_private.watch_call(w.entry, w.relation))
  from watched w
  where w.relation is not null and audit_private.key_columns(w.relation) is null
  union all
  select w.entity_type, 'warning', 'the database was restored since it was watched: each statement costs more',
    audit_private.watch_call(w.entry, w.relation)
  from watched w
  where not w.is_original and position(audit_private.columns_digest(w.relation, false) in w.prosrc) > 0
  union all
  select w.entity_type, 'warning', format('it was called %I.%I when it was watched', (w.entry).schema_name, (w.entry).table_name),
    audit_private.watch_call(w.entry, w.relation)
  from watched w
  where (w.schema_name, w.table_name) is distinct from ((w.entry).schema_name, (w.entry).table_name) and w.relation is not null
  union all
  select w.entity_type, 'error', format(
      'it has child tables, and rows of theirs that are changed through it are not seen row by row: %s',
      (select string_agg(h.inhrelid::regclass::text, ', ') from pg_inherits h where h.inhparent = w.relation)),
    replace(audit_private.watch_call(w.entry, w.relation), ', level => ''row''', '')
  from watched w
  where w.level = 'row' and w.relkind = 'r' and exists (select from pg_inherits h where h.inhparent = w.relation)
  union all
  select w.entity_type, 'error',
    format('%s may write to %s directly, past the triggers of %s',
      audit_private.grantee_name(g.grantee), t.relid::regclass, w.relation),
    format('revoke insert, update, delete, truncate on %s from %s;', t.relid::regclass, audit_private.grantee_name(g.grantee))
  from watched w
  cross join lateral (
    with recursive child as (
      select h.inhrelid as relid from pg_inherits h where h.inhparent = w.relation
      union all
      select h.inhrelid from child c join pg_inherits h on h.inhparent = c.relid
    )
    select c.relid from child c
  ) t
  join pg_class c on c.oid = t.relid
  cross join aclexplode(c.relacl) g
  join pg_roles r on not r.rolsuper and r.rolcanlogin and not pg_has_role(r.oid, w.relowner, 'usage')
    and (g.grantee = 0 or pg_has_role(r.oid, nullif(g.grantee, 0), 'usage'))
  where g.privilege_type = any (case
      when w.relkind = 'p' and w.level = 'row' then '{TRUNCATE}'::text[] else '{INSERT,UPDATE,DELETE,TRUNCATE}' end)
    and not exists (
      select from pg_trigger g join pg_proc p on p.oid = g.tgfoid
      where g.tgrelid = t.relid and w.level = 'statement' and p.pronamespace = 'audit_private'::regnamespace and p.proname ~ '^on_'
    )
  group by w.entity_type, w.relation, t.relid, g.grantee
  union all
  select w.entity_type, 'error',
    format('role %I acts for tenants and %s, so it can switch the triggers off', b.role_name,
      case when r.rolsuper then 'is a superuser' else 'owns the table' end),
    case when r.rolsuper then format('alter role %I nosuperuser;', b.role_name)
      else format('alter table %s owner to …; -- a role that the application does not use', w.relation) end
  from watched w
  join audit_private.role_binding b on true
  join pg_roles r on r.rolname = b.role_name and pg_has_role(r.oid, w.relowner, 'usage')
$$;
comment on function audit_private.capture_problems() is
  'what keeps watched tables from being captured whole, with the SQL that mends it';
