create or replace function audit_private.refuse_repeat(idempotency_key text)
returns void
language plpgsql
volatile
parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception using
    errcode = 'WT017',
    message = format('idempotency key %L stands for another event', refuse_repeat.idempotency_key),
    detail = 'An event with other content was logged under it.',
    hint = 'Use a key that belongs to one act alone, such as the request''s id with the action.';
end
$$;
comment on function audit_private.refuse_repeat(text) is 'raises WT017: other content under a known idempotency key';
grant execute on function audit_private.refuse_repeat(text) to audit_writer;
