create or replace function audit_private.warn_of_spooling(entity_type text, failure text)
returns void
language plpgsql
volatile
parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  raise warning using
    errcode = 'WT093',
    message = format('a change of %s was spooled, not logged: %s', warn_of_spooling.entity_type, warn_of_spooling.failure),
    detail = 'The table is watched with on_error => ''spool'', so the write went on.',
    hint = 'An operator mends the cause and calls: select * from audit.log_spool();';
end
$$;
comment on function audit_private.warn_of_spooling(text, text) is 'warns with WT093, so that spooling is never silent';
grant execute on function audit_private.warn_of_spooling(text, text) to audit_writer;
