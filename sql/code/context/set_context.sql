-- Transaction-local, so that nothing survives behind a pooler: after the transaction each setting reads
-- as empty. It grants nothing by itself; the tenant is checked here only to refuse early.
create or replace function audit.set_context(
  tenant_id uuid default null,
  actor_id text default null,
  actor_type text default null,
  actor jsonb default null,
  ip inet default null,
  user_agent text default null,
  request_id text default null,
  access_id uuid default null
)
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  own_role constant name := audit_private.effective_role();
begin
  if (set_context.actor_id is distinct from own_role::text and set_context.actor_id is not null
      or set_context.actor_type is distinct from 'database_role' and set_context.actor_type is not null
      or set_context.actor is not null)
    and not pg_has_role(own_role, 'audit_app', 'usage')
  then
    raise exception using
      errcode = 'WT004',
      message = format('role %I may not speak for another actor', own_role),
      detail = 'Only members of audit_app may set actor_id, actor_type and actor.',
      hint = format('Leave them out (the actor is then %I), or: grant audit_app to %I;', own_role, own_role);
  end if;
  if set_context.actor_type is not null
    and not exists (select from audit_private.actor_type t where t.actor_type = set_context.actor_type)
    or set_context.actor is not null and jsonb_typeof(set_context.actor) <> 'object'
    or set_context.actor_id = ''
  then
    perform audit_private.refuse_actor(set_context.actor_type, set_context.actor);
  end if;

  perform
    set_config('pgwitness.tenant_id', coalesce(set_context.tenant_id::text, ''), true),
    set_config('pgwitness.actor_id', coalesce(set_context.actor_id, ''), true),
    set_config('pgwitness.actor_type', coalesce(set_context.actor_type, ''), true),
    set_config('pgwitness.actor', coalesce(set_context.actor::text, ''), true),
    set_config('pgwitness.ip', coalesce(set_context.ip::text, ''), true),
    set_config('pgwitness.user_agent', coalesce(set_context.user_agent, ''), true),
    set_config('pgwitness.request_id', coalesce(set_context.request_id, ''), true),
    set_config('pgwitness.access_id', coalesce(set_context.access_id::text, ''), true);

  if set_context.tenant_id is not null then
    perform audit_private.require_tenant(null);
    perform audit_private.release_tenant();
  end if;
end
$$;
comment on function audit.set_context(uuid, text, text, jsonb, inet, text, text, uuid) is
  'replaces the context for the rest of the transaction: tenant, actor, request, access session';
grant execute on function audit.set_context(uuid, text, text, jsonb, inet, text, text, uuid)
  to audit_app, audit_reader, audit_admin, audit_privacy, audit_operator, audit_auditor;
