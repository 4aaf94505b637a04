-- What is_logged and every write look up: mandatory actions always; else the action's override; else
-- its category's toggle; else on; and nothing while the global toggle is off. Rewrites only rows that
-- differ. Callers hold the lock that their trigger function names.
create or replace function audit_private.resolve_decisions(only_tenant_id uuid)
returns void
language plpgsql
volatile
parallel unsafe
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  with wanted as (
    select t.tenant_id, a.action, c.is_mandatory,
      c.is_mandatory
        or t.is_logging_enabled and coalesce(o.is_enabled, g.is_enabled, true) as is_logged,
      limits.value::integer as payload_limit,
      a.when_too_large = 'cut' as is_cut
    from audit_private.tenant t
    cross join audit_private.action a
    join audit_private.category c using (category)
    join audit_private.option limits on limits.name = 'payload_limit_bytes'
    left join audit_private.category_toggle g on g.tenant_id = t.tenant_id and g.category = a.category
    left join audit_private.action_toggle o on o.tenant_id = t.tenant_id and o.action = a.action
    where t.tenant_id = coalesce(resolve_decisions.only_tenant_id, t.tenant_id)
      and t.retired_at is null
      and a.retired_at is null
      and (c.is_mandatory or t.tenant_id <> '00000000-0000-0000-0000-000000000000')
  ),
  gone as (
    delete from audit_private.logging_decision d
    where d.tenant_id = coalesce(resolve_decisions.only_tenant_id, d.tenant_id)
      and not exists (select from wanted w where w.tenant_id = d.tenant_id and w.action = d.action)
  )
  insert into audit_private.logging_decision as known
    (tenant_id, action, is_logged, is_mandatory, payload_limit, is_cut)
  select w.tenant_id, w.action, w.is_logged, w.is_mandatory, w.payload_limit, w.is_cut
  from wanted w
  on conflict (tenant_id, action) do update
  set is_logged = excluded.is_logged,
    is_mandatory = excluded.is_mandatory,
    payload_limit = excluded.payload_limit,
    is_cut = excluded.is_cut
  where (known.is_logged, known.is_mandatory, known.payload_limit, known.is_cut)
    is distinct from (excluded.is_logged, excluded.is_mandatory, excluded.payload_limit, excluded.is_cut);
end
$$;
comment on function audit_private.resolve_decisions(uuid) is
  'brings logging_decision up to date, for one tenant or, when null, for all that may be seen';
