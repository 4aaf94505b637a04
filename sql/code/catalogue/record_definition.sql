create or replace function audit_private.record_definition(kind text, code text, definition jsonb)
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform audit_private.write_system_event(
    tenant_id => '00000000-0000-0000-0000-000000000000',
    action => 'catalogue_changed',
    entity_type => 'audit_catalogue',
    entity_id => record_definition.code,
    description => format('%s %s defined', record_definition.kind, record_definition.code),
    metadata => jsonb_build_object('kind', record_definition.kind) || record_definition.definition);
end
$$;
comment on function audit_private.record_definition(text, text, jsonb) is 'writes the event catalogue_changed';
