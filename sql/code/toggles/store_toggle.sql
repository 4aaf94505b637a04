create or replace function audit_private.store_toggle(tenant_id uuid, action text, code text, enabled boolean)
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  if store_toggle.action = 'logging_toggled' then
    update audit_private.tenant t
    set is_logging_enabled = store_toggle.enabled
    where t.tenant_id = store_toggle.tenant_id;
  elsif store_toggle.action = 'category_logging_toggled' then
    delete from audit_private.category_toggle g
    where g.tenant_id = store_toggle.tenant_id and g.category = store_toggle.code
      and store_toggle.enabled is null;
    insert into audit_private.category_toggle (tenant_id, category, is_enabled)
    select store_toggle.tenant_id, store_toggle.code, store_toggle.enabled
    where store_toggle.enabled is not null
    on conflict on constraint category_toggle_pkey do update set is_enabled = excluded.is_enabled;
  else
    delete from audit_private.action_toggle o
    where o.tenant_id = store_toggle.tenant_id and o.action = store_toggle.code
      and store_toggle.enabled is null;
    insert into audit_private.action_toggle (tenant_id, action, is_enabled)
    select store_toggle.tenant_id, store_toggle.code, store_toggle.enabled
    where store_toggle.enabled is not null
    on conflict on constraint action_toggle_pkey do update set is_enabled = excluded.is_enabled;
  end if;
end
$$;
comment on function audit_private.store_toggle(uuid, text, text, boolean) is
  'stores one toggle, named by the action of its event; null removes it';
