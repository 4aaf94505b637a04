create or replace function audit.define_entity_type(
  entity_type text,
  titles jsonb,
  descriptions jsonb default '{}'
)
returns boolean
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform audit_private.lock_catalogue();
  perform audit_private.check_definition(
    define_entity_type.entity_type, define_entity_type.titles, define_entity_type.descriptions,
    exists (
      select from audit_private.entity_type t
      where t.entity_type = define_entity_type.entity_type and t.is_built_in
    ));
  insert into audit_private.entity_type as known (entity_type, titles, descriptions)
  values (define_entity_type.entity_type, define_entity_type.titles, define_entity_type.descriptions)
  on conflict on constraint entity_type_pkey do update
  set titles = excluded.titles, descriptions = excluded.descriptions
  where (known.titles, known.descriptions) is distinct from (excluded.titles, excluded.descriptions);
  if not found then
    return false;
  end if;
  perform audit_private.record_definition('entity type', define_entity_type.entity_type, jsonb_build_object(
    'titles', define_entity_type.titles, 'descriptions', define_entity_type.descriptions));
  return true;
end
$$;
comment on function audit.define_entity_type(text, jsonb, jsonb) is
  'defines or redefines a kind of thing that events are about; true when that changed anything; for audit_operator';
grant execute on function audit.define_entity_type(text, jsonb, jsonb) to audit_operator;
