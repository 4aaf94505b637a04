-- All of define_data_retention but what the owner makes. A generator that has changed gives new statements for an old
-- definition, which is then made anew and stays armed.
create or replace function audit_private.prepare_data_retention(
  relation regclass,
  time_column text,
  levels jsonb,
  children jsonb,
  tenant_column text,
  entity_type text,
  actor_column text,
  decision text
)
returns table (is_changed boolean, owner_name name, statements text[])
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
set quote_all_identifiers = off
as $$
declare
  known audit_private.data_retention;
  entry audit_private.data_retention;
  class pg_class;
  made text[];
begin
  perform audit_private.lock_catalogue();
  select c.* into class from pg_class c where c.oid = prepare_data_retention.relation;
  entry.relation := format('%I.%I', class.relnamespace::regnamespace::name, class.relname);
  select d.* into known from audit_private.data_retention d where d.relation = entry.relation;
  entry.object_name := class.relnamespace::regnamespace::name || '_' || class.relname;
  if octet_length(entry.object_name) > 45 or exists (
    select from audit_private.data_retention d where d.object_name = entry.object_name and d.relation <> entry.relation
  ) then
    entry.object_name := left(regexp_replace(entry.object_name, '[^a-zA-Z0-9_]', '_', 'g'), 36) || '_'
      || left(encode(sha256(convert_to(entry.relation, 'UTF8')), 'hex'), 8);
  end if;
  entry.object_name := coalesce(known.object_name, entry.object_name);
  select r.rolname into entry.owner_name from pg_roles r where r.oid = class.relowner;
  entry.time_column := prepare_data_retention.time_column;
  entry.tenant_column := prepare_data_retention.tenant_column;
  entry.actor_column := prepare_data_retention.actor_column;
  entry.entity_type := coalesce(prepare_data_retention.entity_type, (
    select w.entity_type from audit_private.watched_table w
    where w.entity_type = audit_private.watched_entity_type(prepare_data_retention.relation) and w.unwatched_at is null));
  entry.decision := btrim(prepare_data_retention.decision, E' \t\r\n');
  perform audit_private.check_data_retention_definition(entry, class);
  entry.levels := audit_private.plain_data_levels(prepare_data_retention.levels, prepare_data_retention.relation);
  entry.children := audit_private.plain_data_children(
    coalesce(prepare_data_retention.children, '[]'), prepare_data_retention.relation);
  perform audit_private.refuse_data_retention(
    format('not every row of %s can be resolved and removed by its owner, %s', entry.relation, entry.owner_name),
    string_agg(o.problem, '; ' order by o.problem), string_agg(o.hint, ' ' order by o.problem))
  from audit_private.data_obstacles(entry) o
  having count(*) > 0;

  made := audit_private.data_retention_statements(entry, prepare_data_retention.relation);
  entry.source_digest := encode(sha256(convert_to(made::text, 'UTF8')), 'hex');
  entry.defined_by := audit_private.recorded_by();
  entry.defined_at := clock_timestamp();
  owner_name := entry.owner_name;
  is_changed := (known.time_column, known.tenant_column, known.actor_column, known.entity_type, known.levels, known.children,
      known.owner_name) is distinct from
    (entry.time_column, entry.tenant_column, entry.actor_column, entry.entity_type, entry.levels, entry.children,
      entry.owner_name);
  if is_changed or known.source_digest <> entry.source_digest
    or audit_private.data_objects_digest(known.object_name, known.owner_name) is distinct from known.objects_digest
  then
    perform audit_private.drop_data_objects(entry.object_name);
    statements := made;
    execute format('grant usage on schema audit_private to %I', owner_name);
    execute format('grant usage, create on schema audit_data to %I', owner_name);
    execute format(
      'grant execute on function audit_private.data_purge_terms(uuid, text), '
      'audit_private.data_retention_groups(text, text[]), audit_private.data_retention_waits(text, text[]), '
      'audit_private.note_data_review(uuid, text, jsonb, text[], integer[]), audit_private.note_data_batch('
      'uuid, text, jsonb, integer, jsonb, text[], uuid[], text[], uuid[], text[], text[]) to %I', owner_name);
  end if;
  if not is_changed then
    entry.armed_at := known.armed_at;
    entry.armed_by := known.armed_by;
    entry.approved_rows := known.approved_rows;
    entry.last_complete_at := known.last_complete_at;
    is_changed := known.decision <> entry.decision or statements is not null;
  elsif known.relation is not null then
    delete from audit_private.data_retention_group g where g.relation = entry.relation;
    delete from audit_private.data_retention_wait w where w.relation = entry.relation;
    delete from audit_private.data_retention_preview p where p.relation = entry.relation;
  end if;
  if is_changed then
    if audit_private.lacking_data_indexes(entry) is not null then
      raise warning 'each batch will read whole tables' using hint = audit_private.lacking_data_indexes(entry);
    end if;
    if statements is null then
      entry.objects_digest := known.objects_digest;
    end if;
    insert into audit_private.data_retention as d select (entry).*
    on conflict on constraint data_retention_pkey do update
    set (owner_name, time_column, tenant_column, actor_column, entity_type, levels, children, decision, source_digest,
        objects_digest, defined_at, defined_by, armed_at, armed_by, approved_rows, last_complete_at)
      = row (excluded.owner_name, excluded.time_column, excluded.tenant_column, excluded.actor_column, excluded.entity_type,
        excluded.levels, excluded.children, excluded.decision, excluded.source_digest, excluded.objects_digest,
        excluded.defined_at, excluded.defined_by, excluded.armed_at, excluded.armed_by, excluded.approved_rows,
        excluded.last_complete_at);
    perform audit_private.write_system_event(
      tenant_id => '00000000-0000-0000-0000-000000000000'::uuid,
      action => 'data_retention_defined'::text,
      entity_type => 'audit_data_retention'::text,
      entity_id => entry.relation,
      description => format('Data retention of %s defined%s', entry.relation,
        case when known.armed_at is not null and entry.armed_at is null then ', which disarms it' else '' end),
      metadata => jsonb_build_object('decision', entry.decision),
      changes => (
        select jsonb_object_agg(n.key, jsonb_build_object('old', o.value, 'new', n.value))
        from jsonb_each(to_jsonb(entry)) n
        left join jsonb_each(to_jsonb(known)) o using (key)
        where n.value is distinct from coalesce(o.value, 'null')
          and n.key in ('time_column', 'tenant_column', 'actor_column', 'entity_type', 'levels', 'children', 'decision',
            'owner_name')
      ));
  end if;
  return next;
end
$$;
comment on function audit_private.prepare_data_retention(regclass, text, jsonb, jsonb, text, text, text, text) is
  'checks and notes how a table is under data retention; gives what its owner has to make, null when that is there';
grant execute on function audit_private.prepare_data_retention(regclass, text, jsonb, jsonb, text, text, text, text)
  to audit_operator;
