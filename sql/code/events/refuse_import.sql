create or replace function audit_private.refuse_import(id uuid, occurred_at timestamptz)
returns boolean
language plpgsql
volatile
parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception using
    errcode = 'WT013',
    message = 'the event can''t be found again: ' || case
      when refuse_import.occurred_at is null then 'occurred_at is missing'
      when refuse_import.id is null then 'both id and idempotency_key are missing'
      else format('id %s doesn''t give occurred_at %s', refuse_import.id, refuse_import.occurred_at)
    end,
    detail = 'An import can be run again because each event''s id follows from what is given.',
    hint = 'Give occurred_at, and the source''s own identifier as idempotency_key.';
end
$$;
comment on function audit_private.refuse_import(uuid, timestamptz) is
  'raises WT013: an imported event without a time and an identity of its own';
grant execute on function audit_private.refuse_import(uuid, timestamptz) to audit_writer;
