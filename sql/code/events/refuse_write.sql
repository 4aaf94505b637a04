set local role audit_writer;
create or replace function audit_private.refuse_write(tenant_id uuid, action text, entity_type text)
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform audit_private.refuse_codes(
    audit_private.require_tenant(refuse_write.tenant_id), refuse_write.action, refuse_write.entity_type);
end
$$;
comment on function audit_private.refuse_write(uuid, text, text) is
  'raises what keeps the role from logging: no tenant, not its tenant, or codes that can''t be logged';
