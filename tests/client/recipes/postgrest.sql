-- PostgREST: db-pre-request = "api.say_who_acts" runs first in each request's transaction, as the role
-- that the token names. Claims are verified by PostgREST; headers are what the client says.
create function api.say_who_acts() returns void
language plpgsql
as $$
declare
  claims constant jsonb := nullif(current_setting('request.jwt.claims', true), '')::jsonb;
  headers constant jsonb := nullif(current_setting('request.headers', true), '')::jsonb;
  forwarded constant text := trim(split_part(headers ->> 'x-forwarded-for', ',', -1));
begin
  if claims ->> 'sub' is null then
    return;
  end if;
  perform audit.set_context(
    tenant_id => (claims ->> 'tenant_id')::uuid,
    actor_id => claims ->> 'sub',
    actor_type => 'user',
    actor => jsonb_strip_nulls(jsonb_build_object('name', claims ->> 'name', 'email', claims ->> 'email')),
    -- The last address is the one that your own proxy added.
    ip => case when forwarded ~ '^[0-9.]+$|^[0-9a-fA-F:.]+$' then forwarded end::inet,
    user_agent => headers ->> 'user-agent',
    request_id => headers ->> 'x-request-id',
    access_id => (headers ->> 'x-audit-access')::uuid
  );
end
$$;
grant execute on function api.say_who_acts() to web_user;

create function api.rename_user(id integer, name text) returns uuid
language plpgsql
as $$
begin
  update users set name = rename_user.name where users.id = rename_user.id;
  return audit.log_event(
    action => 'user_updated',
    entity_type => 'user',
    entity_id => rename_user.id,
    description => format('Renamed user %s to %s', rename_user.id, rename_user.name)
  );
end
$$;
grant execute on function api.rename_user(integer, text) to web_user;
