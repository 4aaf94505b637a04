create or replace function audit_private.refuse_revert(event_id uuid, detail text, hint text)
returns void
language plpgsql
volatile
parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception using
    errcode = 'WT092',
    message = format('event %s can''t be undone by a statement', refuse_revert.event_id),
    detail = refuse_revert.detail,
    hint = refuse_revert.hint;
end
$$;
comment on function audit_private.refuse_revert(uuid, text, text) is 'raises WT092: a change that no statement undoes';
