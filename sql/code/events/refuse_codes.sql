set local role audit_writer;
-- Reached only when a write found no permission: the hot path asks one question, and this function
-- finds out which part of the answer was no. Always raises, so that silence is never the answer.
create or replace function audit_private.refuse_codes(
  tenant_id uuid,
  action text,
  entity_type text,
  place text default null
)
returns boolean
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  prefix constant text := coalesce(refuse_codes.place || ': ', '');
  tenant_retired_at timestamptz;
  action_retired_at timestamptz;
begin
  select t.retired_at into tenant_retired_at
  from audit_private.tenant t
  where t.tenant_id = refuse_codes.tenant_id;
  if not found or tenant_retired_at is not null then
    raise exception using
      errcode = 'WT003',
      message = format('%stenant %s %s', prefix, refuse_codes.tenant_id,
        coalesce('was retired at ' || tenant_retired_at, 'is not registered')),
      detail = 'Only registered tenants log.',
      hint = format('An operator may call: select audit.register_tenant(tenant_id => %L, name => …);',
        refuse_codes.tenant_id);
  end if;

  select a.retired_at into action_retired_at
  from audit_private.action a
  where a.action = refuse_codes.action;
  if not found or action_retired_at is not null then
    raise exception using
      errcode = 'WT010',
      message = format('%saction %s %s', prefix, coalesce(quote_literal(refuse_codes.action), 'null'),
        coalesce('was retired at ' || action_retired_at, 'is not defined')),
      detail = 'Only actions of the catalogue can be logged.',
      hint = format('An operator may call: select audit.define_action(action => %L, category => …, titles => …);',
        refuse_codes.action);
  end if;

  if not exists (
    select from audit_private.entity_type t where t.entity_type = refuse_codes.entity_type
  ) then
    raise exception using
      errcode = 'WT012',
      message = format('%sentity type %s is not defined', prefix, coalesce(quote_literal(refuse_codes.entity_type), 'null')),
      detail = 'Only entity types of the catalogue can be logged.',
      hint = format('An operator may call: select audit.define_entity_type(entity_type => %L, titles => …);',
        refuse_codes.entity_type);
  end if;

  raise exception using
    errcode = 'WT010',
    message = format('%saction %s can''t be logged for tenant %s', prefix, refuse_codes.action, refuse_codes.tenant_id),
    detail = case refuse_codes.tenant_id
      when '00000000-0000-0000-0000-000000000000' then 'The installation''s own tenant takes mandatory events only.'
      else 'Nothing says whether it is logged for this tenant.' end,
    hint = case refuse_codes.tenant_id
      when '00000000-0000-0000-0000-000000000000' then 'Log it for one of the application''s tenants.'
      else 'An operator defines the action anew, which decides it for every tenant.' end;
end
$$;
comment on function audit_private.refuse_codes(uuid, text, text, text) is
  'raises WT003, WT010 or WT012: which of tenant, action and entity type can''t be logged';
grant execute on function audit_private.refuse_codes(uuid, text, text, text) to audit_owner;
