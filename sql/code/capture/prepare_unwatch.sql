-- The row stays, so that the history of a table that was watched is still found by its name.
create or replace function audit_private.prepare_unwatch(relation regclass, reason text, entity_type text)
returns text
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  checked_reason constant text := audit_private.check_reason(prepare_unwatch.reason);
  known audit_private.watched_table;
begin
  perform audit_private.lock_catalogue();
  select w.* into known
  from audit_private.watched_table w
  where w.entity_type = coalesce(prepare_unwatch.entity_type, audit_private.watched_entity_type(prepare_unwatch.relation))
    and w.unwatched_at is null;
  if not found then
    return null;
  end if;
  if prepare_unwatch.relation is null and exists (
    select from pg_trigger t where t.tgfoid = to_regproc(format('audit_private.%I', 'on_' || known.entity_type))
  ) or prepare_unwatch.relation is not null and (
    audit_private.watched_entity_type(prepare_unwatch.relation) is distinct from known.entity_type
    or not exists (
      select from pg_class c
      where c.oid = prepare_unwatch.relation and pg_has_role(audit_private.effective_role(), c.relowner, 'usage')
    )
  ) then
    perform audit_private.refuse_watch(
      format('role %I may not unwatch %s', audit_private.effective_role(), known.entity_type),
      'A table that is there is unwatched by its owner, and by its own name.',
      'select audit.unwatch(relation => …, reason => ''…'');');
  end if;
  update audit_private.watched_table w
  set unwatched_at = clock_timestamp(),
    schema_name = coalesce(c.relnamespace::regnamespace::text, w.schema_name),
    table_name = coalesce(c.relname, w.table_name)
  from (select) as one
  left join pg_class c on c.oid = prepare_unwatch.relation
  where w.entity_type = known.entity_type
  returning w.schema_name, w.table_name into known.schema_name, known.table_name;
  perform audit_private.write_system_event(
    tenant_id => '00000000-0000-0000-0000-000000000000',
    action => 'table_unwatched',
    entity_type => 'audit_watch',
    entity_id => known.entity_type,
    description => format('Table %s.%s no longer watched as %s', known.schema_name, known.table_name, known.entity_type),
    metadata => jsonb_build_object('reason', checked_reason));
  return known.entity_type;
end
$$;
comment on function audit_private.prepare_unwatch(regclass, text, text) is
  'notes that a table isn''t watched any more and returns its entity type; null when it wasn''t';
grant execute on function audit_private.prepare_unwatch(regclass, text, text) to audit_operator;
