create or replace function audit_private.close_data_schemas(owner_name name)
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if to_regrole(quote_ident(close_data_schemas.owner_name)) is null or exists (
    select from audit_private.data_retention d where d.owner_name = close_data_schemas.owner_name
  ) then
    return;
  end if;
  execute format('revoke all on schema audit_private, audit_data from %I', close_data_schemas.owner_name);
  execute format(
    'revoke all on function audit_private.data_purge_terms(uuid, text), '
    'audit_private.data_retention_groups(text, text[]), audit_private.data_retention_waits(text, text[]), '
    'audit_private.note_data_review(uuid, text, jsonb, text[], integer[]), audit_private.note_data_batch('
    'uuid, text, jsonb, integer, jsonb, text[], uuid[], text[], uuid[], text[], text[]) from %I',
    close_data_schemas.owner_name);
end
$$;
comment on function audit_private.close_data_schemas(name) is
  'takes back what an owner had for its tables under data retention, once none is left';
