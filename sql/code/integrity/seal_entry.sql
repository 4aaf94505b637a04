create or replace function audit_private.seal_entry(seal audit_private.seal)
returns text
language sql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select concat(
    E'pgwitness/seal/1\n', audit_private.log_origin(seal.epoch), E'\n', seal.tenant_id, E'\n', seal.seal_number, E'\n',
    audit_private.microseconds(seal.sealed_at), E'\n', seal.snapshot, E'\n', seal.event_count, E'\n',
    seal.running_count, E'\n', audit_private.microseconds(seal.first_at), E'\n',
    audit_private.microseconds(seal.last_at), E'\n', encode(seal.events_root, 'hex'), E'\n',
    encode(seal.previous, 'hex'), E'\n')
$$;
comment on function audit_private.seal_entry(audit_private.seal) is 'a seal as the log holds it, as FORMAT.md lays down';
grant execute on function audit_private.seal_entry(audit_private.seal) to audit_finder;
