-- Everything that keeps a table from being watched, in the order in which an owner can do something about it.
create or replace function audit_private.check_watch(watched audit_private.watched_table, relation regclass)
returns void
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $$
declare
  class pg_class;
  key text[];
  unknown text;
  other text;
begin
  select c.* into class from pg_class c where c.oid = check_watch.relation;
  if class.oid is null or class.relkind not in ('r', 'p') or class.relpersistence = 't' or class.relispartition
    or class.relnamespace::regnamespace::text ~ '^(pg_|information_schema$|audit$|audit_private$|audit_data$|audit_migrations$)'
  then
    perform audit_private.refuse_watch(
      format('%s can''t be watched', coalesce(check_watch.relation::text, 'null')),
      'Tables and partitioned tables of the application can be, not partitions, views, foreign or temporary tables, nor '
        'those of PostgreSQL or the log.',
      coalesce('Watch the table that it is a partition of: ' || pg_partition_root(check_watch.relation), 'Name a table.'));
  end if;
  if not pg_has_role(audit_private.effective_role(), class.relowner, 'usage') then
    perform audit_private.refuse_watch(
      format('role %I may not watch %s', audit_private.effective_role(), check_watch.relation),
      format('Triggers that always fire are made by the table''s owner, %s.', class.relowner::regrole),
      format('set role %s; (it needs audit_operator too: grant audit_operator to %1$s;)', class.relowner::regrole));
  end if;
  if watched.entity_type !~ '^[a-z][a-z0-9_]{0,52}$' or watched.entity_type is null
    or exists (select from audit_private.entity_type t where t.entity_type = watched.entity_type and t.is_built_in)
  then
    perform audit_private.refuse_watch(
      format('%s can''t be the entity type of a table', coalesce(quote_literal(watched.entity_type), 'null')),
      'It has 1 to 53 lower-case letters, digits and underscores, begins with a letter, and isn''t one of the log''s own.',
      'Name what a row is, such as customer.');
  end if;

  key := audit_private.key_columns(check_watch.relation);
  if key is null then
    perform audit_private.refuse_watch(
      format('%s has no key', check_watch.relation),
      'A change is told of a row, which its key names in the log.',
      format('alter table %s add primary key (…); or, with a unique index over columns that are not null: '
        'alter table %1$s replica identity using index …;', check_watch.relation));
  end if;
  select string_agg(format('%s %s', n.role, coalesce(quote_ident(n.name), 'null')), ', ') into unknown
  from (
    select 'tenant_column' as role, watched.tenant_column as name where watched.tenant_column is not null
    union all select 'label_column', watched.label_column where watched.label_column is not null
    union all select 'columns', c from unnest(watched.allowed_columns) c
    union all select 'redact_columns', c from unnest(watched.redact_columns) c
    union all select 'ignore_columns', c from unnest(watched.ignore_columns) c
  ) n
  where n.name <> all (watched.known_columns) or n.name is null;
  if unknown is not null then
    perform audit_private.refuse_watch(
      format('%s has no such column: %s', check_watch.relation, unknown),
      'Its columns: ' || array_to_string(watched.known_columns, ', '),
      'Names are case-sensitive and unquoted.');
  end if;
  select string_agg(quote_ident(n.name), ', ') into unknown
  from (
    select unnest(watched.redact_columns) as name
    union
    select unnest(watched.ignore_columns)
  ) n
  where n.name = any (key || watched.tenant_column)
    or n.name = any (watched.redact_columns) and (n.name = watched.label_column or n.name = any (watched.ignore_columns))
    or n.name = any (watched.allowed_columns) and n.name = any (watched.ignore_columns);
  if unknown is not null then
    perform audit_private.refuse_watch(
      format('columns of %s are asked for and left out: %s', check_watch.relation, unknown),
      'Key and tenant are stored with every event, the label is read in it, and a column is either redacted, ignored or allowed.',
      'Name each column once; watch by another key if it is a secret.');
  end if;
  if watched.tenant_column is not null and (
    select t.oid <> 'uuid'::regtype and t.typbasetype <> 'uuid'::regtype
    from pg_attribute a join pg_type t on t.oid = a.atttypid
    where a.attrelid = check_watch.relation and a.attname = watched.tenant_column
  ) then
    perform audit_private.refuse_watch(
      format('column %I of %s is no uuid', watched.tenant_column, check_watch.relation),
      'Tenants are known by uuids.',
      'Give a column of type uuid, or none: the tenant is then the context''s.');
  end if;
  if watched.level not in ('statement', 'row') is not false or watched.on_error not in ('refuse', 'spool') is not false then
    perform audit_private.refuse_watch(
      'level or on_error has no valid value',
      format('They are %L and %L.', watched.level, watched.on_error),
      'level is statement or row, on_error is refuse or spool.');
  end if;
  if watched.keep_deleted_values and audit_private.is_under_data_retention(check_watch.relation) then
    perform audit_private.refuse_watch(
      format('%s is under data retention', check_watch.relation),
      'The values of its rows would stay in events after the rows had to go.',
      'Leave keep_deleted_values out: a delete then records key and label alone.');
  end if;
  if watched.level = 'row' and not (
    select bool_and(x.indimmediate) from pg_index x
    where x.indrelid = check_watch.relation and (x.indisprimary or x.indisreplident)
  ) then
    perform audit_private.refuse_watch(
      format('the key of %s is deferrable', check_watch.relation),
      'Rows may then take each other''s keys in one statement, and row by row their order is lost.',
      'Leave level out: a statement is seen as a whole.');
  end if;

  if watched.level = 'row' and class.relkind = 'r' and class.relhassubclass then
    perform audit_private.refuse_watch(
      format('%s has child tables', check_watch.relation),
      'Their rows, changed through it, fire the children''s own row triggers only.',
      'Leave level out: triggers of the statement see them.');
  end if;

  select w.entity_type into other
  from audit_private.watched_entity_type(check_watch.relation) as w (entity_type)
  where w.entity_type <> watched.entity_type;
  if other is not null then
    perform audit_private.refuse_watch(
      format('%s is watched as %s', check_watch.relation, other),
      'The entity type is the identity of its history.',
      format('select audit.unwatch(%L, reason => ''…''); first, or keep the entity type.', check_watch.relation));
  end if;
  select t.tgrelid::regclass::text into other
  from pg_trigger t
  where t.tgfoid = to_regproc(format('audit_private.%I', 'on_' || watched.entity_type))
    and t.tgparentid = 0
    and t.tgrelid <> check_watch.relation
  limit 1;
  if other is not null then
    perform audit_private.refuse_watch(
      format('entity type %s belongs to %s', watched.entity_type, other),
      'One table, one entity type: their histories would mix.',
      'Give another entity type, or unwatch that table first.');
  end if;
end
$$;
comment on function audit_private.check_watch(audit_private.watched_table, regclass) is
  'raises WT090 unless the table can be watched like that';
