create or replace function audit_private.hash_of_seal(seal audit_private.seal)
returns bytea
language sql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select sha256('\x00'::bytea || convert_to(audit_private.seal_entry(seal), 'UTF8'))
$$;
comment on function audit_private.hash_of_seal(audit_private.seal) is 'what the log and the next seal know of a seal';
grant execute on function audit_private.hash_of_seal(audit_private.seal) to audit_finder;
