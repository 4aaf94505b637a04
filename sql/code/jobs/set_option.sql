-- The catalogue's lock first, because the trigger behind the option takes it before the tenants' rows.
create or replace function audit.set_option(name text, value text, reason text)
returns boolean
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  checked_reason constant text := audit_private.check_reason(set_option.reason);
  known audit_private.option;
begin
  perform audit_private.lock_catalogue();
  select o.* into known from audit_private.option o where o.name = set_option.name for no key update;
  if known.name is null or set_option.value is null or set_option.value !~ known.pattern then
    raise exception using
      errcode = 'WT060',
      message = format('option %s can''t be %s', coalesce(quote_literal(set_option.name), 'null'),
        coalesce(quote_literal(set_option.value), 'null')),
      detail = coalesce(known.description, 'There is no option of this name.'),
      hint = 'select name, value, description from audit.list_options();';
  end if;
  if known.value = set_option.value then
    return false;
  end if;
  update audit_private.option o
  set value = set_option.value,
    changed_at = clock_timestamp(),
    changed_by = audit_private.recorded_by()
  where o.name = set_option.name;
  perform audit_private.write_system_event(
    tenant_id => '00000000-0000-0000-0000-000000000000',
    action => 'option_changed',
    entity_type => 'audit_option',
    entity_id => set_option.name,
    description => format('Option %s set to %s', set_option.name, set_option.value),
    metadata => jsonb_build_object('reason', checked_reason),
    changes => jsonb_build_object('value', jsonb_build_object('old', known.value, 'new', set_option.value)));
  return true;
end
$$;
comment on function audit.set_option(text, text, text) is
  'sets an option of the installation; true when that changed anything; for audit_operator';
grant execute on function audit.set_option(text, text, text) to audit_operator;
