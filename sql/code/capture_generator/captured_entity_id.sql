-- Entity ids have at most 500 characters, since partitions that are closed index them. A longer key, which only
-- texts can make, stands for itself by its digest; the full row holds it whole. Without a SET clause, so that it inlines.
create or replace function audit_private.captured_entity_id(key text)
returns text
language sql
immutable
parallel safe
as $$
  select case
    when pg_catalog.length(key) <= 500 then key
    else 'sha256:' || pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(key, 'UTF8')), 'hex')
  end
$$;
comment on function audit_private.captured_entity_id(text) is 'the entity id of a row with this key';
grant execute on function audit_private.captured_entity_id(text) to audit_writer;
