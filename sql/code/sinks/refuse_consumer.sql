create or replace function audit_private.refuse_consumer(name text, process_id integer)
returns void
language plpgsql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception using
    errcode = 'WT151',
    message = format('sink %s has another consumer', quote_literal(refuse_consumer.name)),
    detail = case when refuse_consumer.process_id is null then 'Its consumer is reading or acknowledging just now.'
      else format('Server process %s reads it.', refuse_consumer.process_id) end,
    hint = 'One at a time ships it; end the other one, or wait until it is gone.';
end
$$;
comment on function audit_private.refuse_consumer(text, integer) is 'raises WT151';
grant execute on function audit_private.refuse_consumer(text, integer) to audit_keeper;
