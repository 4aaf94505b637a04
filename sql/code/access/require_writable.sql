-- Reading the log writes to it, so a standby or a read-only transaction can't read. Refused here,
-- before anything else, because the server's own message would name a table that readers never see.
create or replace function audit_private.require_writable()
returns void
language plpgsql
stable
parallel safe
security invoker
set search_path = pg_catalog, pg_temp
as $$
begin
  if pg_is_in_recovery() then
    raise exception using
      errcode = 'WT036',
      message = 'the log can''t be read on a standby',
      detail = 'Each read is an event of the log, and a standby can''t write one.',
      hint = 'Connect to the primary server.';
  end if;
  if current_setting('transaction_read_only')::boolean then
    raise exception using
      errcode = 'WT036',
      message = 'the log can''t be read in a read-only transaction',
      detail = 'Each read is an event of the log, and this transaction can''t write one.',
      hint = 'Begin the transaction with: begin read write (or set default_transaction_read_only = off).';
  end if;
end
$$;
comment on function audit_private.require_writable() is
  'raises WT036 on a standby and in a read-only transaction';
grant execute on function audit_private.require_writable() to audit_keeper;
