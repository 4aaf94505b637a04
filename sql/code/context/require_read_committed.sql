create or replace function audit_private.require_read_committed()
returns void
language plpgsql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  if current_setting('transaction_isolation') not in ('read committed', 'read uncommitted') then
    raise exception using
      errcode = 'WT037',
      message = format('this can''t be done in a transaction of isolation level %s',
        current_setting('transaction_isolation')),
      detail = 'In an older snapshot a grant, a session or a definition would look as it was before others changed it.',
      hint = 'begin isolation level read committed;';
  end if;
end
$$;
comment on function audit_private.require_read_committed() is 'raises WT037 in a transaction that keeps one snapshot';
grant execute on function audit_private.require_read_committed() to audit_finder, audit_keeper;
