-- The bulk form is the only one that decides; the others build its argument. The tenant's row is locked
-- before anything is read, so that of two administrators the second sees what the first has done, and
-- the event's old and new values are true. A reason is needed when anything is turned off, also while the
-- global toggle hides it, and when an action falls silent because its override is removed.
create or replace function audit.set_toggles(toggles jsonb, reason text default null, tenant_id uuid default null)
returns integer
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  tenant constant uuid := audit_private.require_tenant(set_toggles.tenant_id);
  checked_reason text;
  logged_before text[];
  silenced text[];
  turned integer := 0;
  turned_off text[] := '{}';
  turn record;
begin
  perform audit_private.require_read_committed();
  perform audit_private.check_toggles(set_toggles.toggles);
  if set_toggles.reason is not null then
    checked_reason := audit_private.check_reason(set_toggles.reason);
  end if;
  perform from audit_private.tenant t where t.tenant_id = tenant for no key update;
  logged_before := array(
    select d.action from audit_private.logging_decision d where d.tenant_id = tenant and d.is_logged);

  for turn in
    select 'logging_toggled' as action, null as code, t.is_logging_enabled as old,
      (set_toggles.toggles -> 'logging')::boolean as new
    from audit_private.tenant t
    where t.tenant_id = tenant and set_toggles.toggles ? 'logging'
    union all
    select 'category_logging_toggled', g.key, k.is_enabled, nullif(g.value, 'null')::boolean
    from jsonb_each(coalesce(set_toggles.toggles -> 'categories', '{}')) as g (key, value)
    left join audit_private.category_toggle k on k.tenant_id = tenant and k.category = g.key
    union all
    select 'action_logging_toggled', o.key, k.is_enabled, nullif(o.value, 'null')::boolean
    from jsonb_each(coalesce(set_toggles.toggles -> 'actions', '{}')) as o (key, value)
    left join audit_private.action_toggle k on k.tenant_id = tenant and k.action = o.key
  loop
    continue when turn.old is not distinct from turn.new;
    turned := turned + 1;
    if not turn.new then
      turned_off := turned_off || coalesce(turn.code, 'all logging');
    end if;
    perform audit_private.store_toggle(tenant, turn.action, turn.code, turn.new);
    perform audit_private.write_system_event(
      tenant_id => tenant,
      action => turn.action,
      entity_type => 'audit_toggle',
      entity_id => turn.code,
      description => format('%s %s',
        coalesce('Logging of ' || turn.code, 'All logging'),
        case turn.new when true then 'turned on' when false then 'turned off' else 'follows its default again' end),
      metadata => jsonb_strip_nulls(jsonb_build_object('reason', checked_reason)),
      changes => jsonb_build_object('enabled', jsonb_build_object('old', turn.old, 'new', turn.new)));
  end loop;

  silenced := array(
    select d.action from audit_private.logging_decision d
    where d.tenant_id = tenant and not d.is_logged and d.action = any (logged_before)
    order by d.action);
  if checked_reason is null and turned_off || silenced <> '{}' then
    raise exception using
      errcode = 'WT021',
      message = 'turning off needs a reason',
      detail = format('Turned off: %s. Falling silent: %s.',
        coalesce(nullif(array_to_string(turned_off, ', '), ''), 'nothing'),
        coalesce(nullif(array_to_string(silenced[1:10], ', '), ''), 'nothing')
          || case when cardinality(silenced) > 10 then ', …' else '' end),
      hint = 'Say why in 10 to 500 characters: reason => ''…''. Nothing was changed.';
  end if;
  perform audit_private.release_tenant();
  return turned;
end
$$;
comment on function audit.set_toggles(jsonb, text, uuid) is
  'turns any number of toggles: {"logging": true, "categories": {"user_actions": false}, "actions": {"user_created": null}}; '
  'null removes a setting; returns how many changed; needs a reason when anything is turned off; for audit_admin';
grant execute on function audit.set_toggles(jsonb, text, uuid) to audit_admin;
