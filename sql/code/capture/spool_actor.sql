set local role audit_writer;
-- A context that no event can take is one of the causes of spooling, and must not keep a change from that either.
create or replace function audit_private.spool_actor(out actor_id text, out actor_type text, out actor jsonb)
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  select a.actor_id, a.actor_type, a.actor into actor_id, actor_type, actor from audit_private.current_actor() a;
  if length(actor_id) > 500 then
    perform audit_private.refuse_actor(actor_type, actor);
  end if;
exception when others then
  actor_id := audit_private.effective_role();
  actor_type := 'database_role';
  actor := null;
end
$$;
comment on function audit_private.spool_actor() is 'the current actor, or where the context names none that is valid, the database role';
