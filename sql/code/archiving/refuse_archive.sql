create or replace function audit_private.refuse_archive(code text, message text, detail text, hint text)
returns void
language plpgsql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception using
    errcode = refuse_archive.code,
    message = refuse_archive.message,
    detail = refuse_archive.detail,
    hint = refuse_archive.hint;
end
$$;
comment on function audit_private.refuse_archive(text, text, text, text) is 'raises WT160 to WT164';
grant execute on function audit_private.refuse_archive(text, text, text, text) to audit_keeper;
