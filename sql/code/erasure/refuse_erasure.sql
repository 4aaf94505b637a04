create or replace function audit_private.refuse_erasure(detail text, hint text)
returns void
language plpgsql
volatile
parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception using
    errcode = 'WT140',
    message = 'this can''t be erased like that',
    detail = refuse_erasure.detail,
    hint = refuse_erasure.hint;
end
$$;
comment on function audit_private.refuse_erasure(text, text) is 'raises WT140';
