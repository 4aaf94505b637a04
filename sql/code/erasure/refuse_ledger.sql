create or replace function audit_private.refuse_ledger(detail text)
returns void
language plpgsql
volatile
parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception using
    errcode = 'WT141',
    message = 'this is no ledger',
    detail = refuse_ledger.detail,
    hint = 'Give the lines of the file as one array: entries => ''[{"kind": "erasure", …}, …]''.';
end
$$;
comment on function audit_private.refuse_ledger(text) is 'raises WT141';
