-- An actor without an id, such as the system, is known by its type: a session is always bound to somebody.
create or replace function audit_private.current_reader(out actor_id text, out actor_type text)
language sql
stable
parallel restricted
security definer
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(a.actor_id, a.actor_type), a.actor_type from audit_private.current_actor() a
$$;
comment on function audit_private.current_reader() is 'who a session of the current actor is bound to';
