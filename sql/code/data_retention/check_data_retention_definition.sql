create or replace function audit_private.check_data_retention_definition(entry audit_private.data_retention, class pg_class)
returns void
language plpgsql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set quote_all_identifiers = off
as $$
declare
  wrong text;
begin
  if class.oid is null or class.relkind not in ('r', 'p') or class.relpersistence = 't' or class.relispartition
    or class.relnamespace::regnamespace::text ~ '^(pg_|information_schema$|audit$|audit_private$|audit_data$|audit_migrations$)'
  then
    perform audit_private.refuse_data_retention(
      format('%s can''t be under data retention', coalesce(entry.relation, 'null')),
      'Tables and partitioned tables of the application can be, not partitions, views, foreign or temporary tables, nor '
        'those of PostgreSQL or the log.',
      'Name a table of the application.');
  end if;
  if not pg_has_role(audit_private.effective_role(), class.relowner, 'usage') then
    perform audit_private.refuse_data_retention(
      format('role %I may not declare how long rows of %s are kept', audit_private.effective_role(), entry.relation),
      format('They are removed with the rights of the table''s owner, %s.', class.relowner::regrole),
      format('set role %s; (it needs audit_operator too: grant audit_operator to %1$s;)', class.relowner::regrole));
  end if;
  if length(entry.decision) between 10 and 500 is not true then
    perform audit_private.refuse_data_retention(
      'a decision of 10 to 500 characters is needed',
      format('It has %s characters without the spaces around it, and stands on each receipt.', coalesce(length(entry.decision), 0)),
      'Name what allows these rows to be removed: decision => ''Disposal decision 2024:7 of the municipal board''.');
  end if;
  if audit_private.key_columns(class.oid) is null then
    perform audit_private.refuse_data_retention(
      format('%s has no key', entry.relation),
      'Batches go by the key, and holds name rows by it.',
      format('alter table %s add primary key (…);', entry.relation));
  end if;
  select string_agg(format('%s %s', n.role, coalesce(quote_ident(n.name), 'null')), ', ') into wrong
  from (
    values ('time_column', entry.time_column, '{timestamptz,timestamp,date}'::regtype[]),
      ('tenant_column', entry.tenant_column, '{uuid}'), ('actor_column', entry.actor_column, null)
  ) as n (role, name, types)
  left join pg_attribute a on a.attrelid = class.oid and a.attname = n.name and a.attnum > 0 and not a.attisdropped
  left join pg_type t on t.oid = a.atttypid
  where (n.name is not null or n.role = 'time_column')
    and (a.attnum is null or coalesce(nullif(t.typbasetype, 0), t.oid)::regtype <> all (n.types));
  if wrong is not null then
    perform audit_private.refuse_data_retention(
      format('%s has no such column, or one of another type: %s', entry.relation, wrong),
      'The time is a timestamp or a date, the tenant a uuid.',
      'Names are case-sensitive and unquoted.');
  end if;
  if entry.entity_type is not null and not exists (
    select from audit_private.entity_type t where t.entity_type = entry.entity_type and not t.is_built_in
  ) then
    perform audit_private.refuse_data_retention(
      format('there is no entity type %L', entry.entity_type),
      'Holds name rows by the entity type and the key.',
      format('select audit.define_entity_type(entity_type => %L, titles => ''{"en": "…"}'');', entry.entity_type));
  end if;
end
$$;
comment on function audit_private.check_data_retention_definition(audit_private.data_retention, pg_class) is
  'raises WT112 unless the table can be under data retention with these columns';
