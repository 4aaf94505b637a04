create or replace function audit.list_toggles(tenant_id uuid default null)
returns table (
  category text,
  category_titles jsonb,
  category_descriptions jsonb,
  category_enabled boolean,
  category_logged integer,
  category_total integer,
  action text,
  action_titles jsonb,
  action_descriptions jsonb,
  is_mandatory boolean,
  override boolean,
  is_logged boolean,
  logging_enabled boolean
)
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  tenant constant uuid := audit_private.require_tenant(list_toggles.tenant_id);
begin
  return query
  select c.category, c.titles, c.descriptions,
    coalesce(g.is_enabled, true),
    (count(*) filter (where coalesce(d.is_logged, false)) over (partition by c.category))::integer,
    (count(*) over (partition by c.category))::integer,
    a.action, a.titles, a.descriptions, c.is_mandatory, o.is_enabled,
    coalesce(d.is_logged, false), t.is_logging_enabled
  from audit_private.tenant t
  cross join audit_private.action a
  join audit_private.category c on c.category = a.category
  left join audit_private.category_toggle g on g.tenant_id = t.tenant_id and g.category = c.category
  left join audit_private.action_toggle o on o.tenant_id = t.tenant_id and o.action = a.action
  left join audit_private.logging_decision d on d.tenant_id = t.tenant_id and d.action = a.action
  where t.tenant_id = tenant and a.retired_at is null
  order by c.is_mandatory, c.category, a.action;
  perform audit_private.release_tenant();
end
$$;
comment on function audit.list_toggles(uuid) is
  'a row an action: its texts, override and whether it is logged now, with its category''s state and counts; '
  'for audit_admin, audit_reader and audit_auditor';
grant execute on function audit.list_toggles(uuid) to audit_admin, audit_reader, audit_auditor;
