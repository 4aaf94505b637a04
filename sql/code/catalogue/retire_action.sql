create or replace function audit.retire_action(action text, reason text)
returns boolean
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  checked_reason constant text := audit_private.check_reason(retire_action.reason);
  is_built_in boolean;
begin
  perform audit_private.lock_catalogue();
  select c.is_built_in into is_built_in
  from audit_private.action a join audit_private.category c using (category)
  where a.action = retire_action.action;
  if is_built_in is null then
    raise exception using
      errcode = 'WT010',
      message = format('action %s is not defined', coalesce(quote_literal(retire_action.action), 'null')),
      detail = 'Only what the catalogue holds can be retired.',
      hint = 'select code from audit.list_catalogue() where kind = ''action'';';
  elsif is_built_in then
    perform audit_private.refuse_definition(
      format('action %s is built in', retire_action.action),
      'What the log says about itself can''t be retired.',
      'Leave it as it is.');
  end if;
  update audit_private.action a
  set retired_at = clock_timestamp()
  where a.action = retire_action.action and a.retired_at is null;
  if not found then
    return false;
  end if;
  perform audit_private.write_system_event(
    tenant_id => '00000000-0000-0000-0000-000000000000',
    action => 'catalogue_changed',
    entity_type => 'audit_catalogue',
    entity_id => retire_action.action,
    description => format('action %s retired', retire_action.action),
    metadata => jsonb_build_object('kind', 'action', 'reason', checked_reason));
  return true;
end
$$;
comment on function audit.retire_action(text, text) is
  'no new event may have this action; its events stay readable; defining it again brings it back; for audit_operator';
grant execute on function audit.retire_action(text, text) to audit_operator;
