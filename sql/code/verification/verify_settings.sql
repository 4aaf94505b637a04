set local role audit_finder;
-- What decides over the log against the events that tell of it, as far back as those are kept whatever the policy: a policy, a
-- floor, a grant or an option that was put there behind the log's back has none. A policy must also take effect when its
-- event says, or the delay was shortened. What an erasure took from such an event is believed.
create or replace function audit_private.verify_settings(tenant uuid)
returns setof audit_private.finding
language sql
stable
parallel safe
security definer
set search_path = pg_catalog, pg_temp
set jit = off
as $$
  with told as materialized (
    select e.tenant_id, e.occurred_at, e.action, e.entity_id, e.changes, e.payload_digest is not null as is_erased,
      (e.metadata ->> 'takes_effect_at')::timestamptz as takes_effect_at, e.metadata ->> 'role' as role_name
    from audit_private.event e
    where e.occurred_at >= statement_timestamp() - interval '365 days'
      and e.action in ('retention_set', 'hot_days_set', 'tenant_granted', 'option_changed')
      and e.source = 'system'
  )
  select 'untold_setting', s.tenant_id, null::bigint, null::uuid, s.set_at, s.detail
  from (
    select p.tenant_id, p.set_at, format('a retention of %s days stands, and no event tells that it was set',
        coalesce(p.days::text, 'unlimited')) as detail, exists (
        select from told t
        where t.action = 'retention_set' and t.tenant_id = p.tenant_id and t.occurred_at >= p.set_at and (t.is_erased
          or t.takes_effect_at = p.takes_effect_at
            and (t.changes #> '{days,new}', t.changes #> '{is_exact,new}')
              = (coalesce(to_jsonb(p.days), 'null'), to_jsonb(p.is_exact)))
      ) as is_told
    from audit_private.retention_policy p
    union all
    select '00000000-0000-0000-0000-000000000000', f.set_at,
      format('a floor of category %s stands, and no event tells that it was set', f.category), exists (
        select from told t
        where t.action = 'retention_set' and t.entity_id = f.category and t.occurred_at >= f.set_at and (t.is_erased
          or t.takes_effect_at = f.takes_effect_at
            and t.changes #> '{floor_days,new}' = coalesce(to_jsonb(f.days), 'null'))
      )
    from audit_private.retention_floor f
    union all
    select h.tenant_id, h.set_at, format('archived events leave after %s days, and no event tells that it was set',
        coalesce(h.days::text, 'unlimited')), exists (
        select from told t
        where t.action = 'hot_days_set' and t.tenant_id = h.tenant_id and t.occurred_at >= h.set_at and (t.is_erased
          or t.takes_effect_at = h.takes_effect_at
            and t.changes #> '{hot_days,new}' = coalesce(to_jsonb(h.days), 'null'))
      )
    from audit_private.hot_policy h
    union all
    select g.tenant_id, g.granted_at, format('role %I may act for the tenant, and no event tells of it', g.role_name), exists (
        select from told t
        where t.action = 'tenant_granted' and t.tenant_id = g.tenant_id and t.occurred_at >= g.granted_at
          and (t.is_erased or t.role_name = g.role_name::text)
      )
    from audit_private.tenant_grant g
    union all
    select '00000000-0000-0000-0000-000000000000', g.granted_at,
      format('role %I may act for every tenant, and no event tells of it', g.role_name), exists (
        select from told t
        where t.action = 'tenant_granted' and t.occurred_at >= g.granted_at
          and t.tenant_id = '00000000-0000-0000-0000-000000000000'
          and (t.is_erased or t.role_name = g.role_name::text)
      )
    from audit_private.service_grant g
    union all
    select '00000000-0000-0000-0000-000000000000', coalesce(o.changed_at, statement_timestamp()),
      format('option %s is %s, and no event tells of it', o.name, o.value), exists (
        select from told t
        where t.action = 'option_changed' and t.entity_id = o.name and t.occurred_at >= o.changed_at
          and (t.is_erased or t.changes #>> '{value,new}' = o.value)
      )
    from audit_private.option o
    where o.value <> o.default_value
  ) s
  where not s.is_told
    and s.set_at >= statement_timestamp() - interval '365 days'
    and (verify_settings.tenant is null or s.tenant_id = verify_settings.tenant)
$$;
comment on function audit_private.verify_settings(uuid) is
  'policies, floors, grants and options that no event tells of';
grant execute on function audit_private.verify_settings(uuid) to audit_owner;
