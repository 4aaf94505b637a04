create or replace function audit_private.refuse_actor(actor_type text, actor jsonb)
returns void
language plpgsql
volatile
parallel safe
set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception using
    errcode = 'WT013',
    message = 'the context''s actor is not valid',
    detail = format('actor_type is %s, actor is %s; actor_id must not be empty.',
      coalesce(quote_literal(refuse_actor.actor_type), 'null'),
      coalesce('of type ' || jsonb_typeof(refuse_actor.actor), 'null')),
    hint = 'actor_type is one of user, system, api_key and database_role; actor is a JSON object.';
end
$$;
comment on function audit_private.refuse_actor(text, jsonb) is 'raises WT013: a context whose actor can''t stand in an event';
grant execute on function audit_private.refuse_actor(text, jsonb) to audit_writer;
