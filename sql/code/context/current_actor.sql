-- An actor in the context is a claim, and only members of audit_app may make it; for everybody else
-- the actor is the database role, whatever the settings say.
create or replace function audit_private.current_actor(
  out actor_id text,
  out actor_type text,
  out actor jsonb
)
language plpgsql
stable
parallel restricted
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if pg_has_role(audit_private.effective_role(), 'audit_app', 'usage') then
    actor_id := nullif(current_setting('pgwitness.actor_id', true), '');
    actor := nullif(current_setting('pgwitness.actor', true), '')::jsonb;
    actor_type := coalesce(
      nullif(current_setting('pgwitness.actor_type', true), ''),
      case when actor_id is not null or actor is not null then 'user' end);
  end if;
  if actor_type is null then
    actor_id := audit_private.effective_role();
    actor_type := 'database_role';
    actor := null;
  elsif actor_type not in ('user', 'system', 'api_key', 'database_role')
    or actor is not null and jsonb_typeof(actor) <> 'object'
  then
    perform audit_private.refuse_actor(actor_type, actor);
  end if;
end
$$;
comment on function audit_private.current_actor() is
  'the context''s actor for members of audit_app, else the database role itself';
grant execute on function audit_private.current_actor() to audit_writer, audit_finder, audit_keeper;
